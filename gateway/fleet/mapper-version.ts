/** What read a panel's message, as its alarms name it: dialect, version of the normalisation table, and a digest of the settings where there are any. */
import { createHash } from 'node:crypto';
import { normalisationVersion } from '../domain/alarm-types.ts';
import type { Panel } from '../domain/campus.ts';

// An entry of the inventory is replaced when it changes.
const known = new WeakMap<Panel, string>();

export function mapperVersion(panel: Panel): string {
  const before = known.get(panel);
  if (before !== undefined) return before;
  const settings = JSON.stringify(panel.settings);
  const digest = settings === '{}' ? '' : `+${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`;
  const made = `${panel.dialect}/${normalisationVersion}${digest}`;
  known.set(panel, made);
  return made;
}

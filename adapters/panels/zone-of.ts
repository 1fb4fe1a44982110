/** Which zone of the inventory a panel means. A zone that nobody entered is still somebody in need: it keeps the number or the name that came. */
import { createHash } from 'node:crypto';
import type { Panel, Zone } from '../../gateway/domain/campus.ts';
import { type ZoneId, zoneId } from '../../gateway/domain/ids.ts';

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export interface ZoneOfPanel {
  readonly id: ZoneId;
  readonly known?: Zone;
}

/** The zone's id for the number that came: leading zeros mean nothing. Undefined where it cannot be an id. A zone nobody knows keeps its number. */
export function zoneOf(panel: Panel, number: string | undefined): ZoneOfPanel | undefined {
  const text = (number ?? '0').toLowerCase();
  const bare = text.replace(/^0+(?=.)/, '');
  const known = panel.zones.find(({ id }) => id === text || id === bare);
  if (known) return { id: known.id, known };
  return idPattern.test(bare) ? { id: zoneId(bare) } : undefined;
}

/** The zone for a name as people give it to sensors (`Front Door`, `大门按钮`): by id, by its name in the inventory, or an id made of it. */
export function zoneOfLabel(panel: Panel, label: string): ZoneOfPanel {
  const named = panel.zones.find(({ id, name }) => id === label || name === label);
  if (named) return { id: named.id, known: named };
  // Of a number alone leading zeros mean nothing: `0x00158d` is a name.
  const numbered = /^\d+$/.test(label) ? zoneOf(panel, label) : undefined;
  if (numbered) return numbered;
  const made = slugOf(label);
  const known = panel.zones.find(({ id }) => id === made);
  return { id: zoneId(made), ...(known ? { known } : {}) };
}

/** The id that is made of a name. */
export function slugOf(label: string): string {
  const lower = label.toLowerCase();
  const slug = idPattern.test(lower)
    ? lower
    : lower
        .replace(/[^a-z0-9]+/g, '_')
        .replace(/^_+|_+$/g, '')
        .slice(0, 63);
  // What has no Latin letters keeps its own hash: two such sensors must never be one zone.
  return /^[\x20-\x7e]+$/.test(label) && slug !== '' ? slug : `z-${createHash('sha256').update(label).digest('hex').slice(0, 12)}`;
}

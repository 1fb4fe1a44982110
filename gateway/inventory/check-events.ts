/** What must hold for the rules that make alarms of a camera's events. Pure. */
import { type CameraEventRule, isLifeRule } from '../domain/camera-events.ts';
import type { Camera } from '../domain/campus.ts';
import type { ChannelId } from '../domain/ids.ts';
import { readWindow } from '../domain/weekly-windows.ts';
import type { Path } from '../runtime/problems.ts';
import type { Report } from './check.ts';
import { typePattern } from './check-rules.ts';

const most = { rules: 64, name: 100, source: 100, topic: 300, windows: 21 } as const;

export function checkEvents(path: Path, { events = [] }: Camera, channels: (path: Path, ids: readonly ChannelId[]) => void, report: Report): void {
  if (events.length > most.rules) report(path, `at most ${most.rules} rules`, events);
  const seen = new Set<string>();
  for (const [index, rule] of events.entries()) {
    const at = [...path, index];
    const same = `${rule.kind}|${rule.source ?? ''}|${rule.topic ?? ''}`;
    if (seen.has(same)) report(at, 'one rule for each kind, source and topic', rule.kind);
    seen.add(same);
    checkRule(at, rule, report);
    if (rule.channels) channels([...at, 'channels'], rule.channels);
  }
}

function checkRule(path: Path, rule: CameraEventRule, report: Report): void {
  const { kind, source, topic, name, type, schedule } = rule;
  const line = (key: string, text: string | undefined, longest: number) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it must not have.
    if (text !== undefined && (text.trim() === '' || text.length > longest || /[\u0000-\u001f\u007f]/.test(text))) {
      report([...path, key], `1 to ${longest} characters on one line`, text);
    }
  };
  line('source', source, most.source);
  line('topic', topic, most.topic);
  line('name', name, most.name);
  if ((kind === 'other') !== (topic !== undefined)) report([...path, 'topic'], 'a topic for the kind other, and for no kind else', topic);
  if (type !== undefined && !typePattern.test(type)) report([...path, 'type'], 'an alarm type such as panic.silent', type);
  if (!schedule) return;
  if (schedule.length === 0 || schedule.length > most.windows)
    report([...path, 'schedule'], `1 to ${most.windows} windows, or no schedule`, schedule);
  // Whoever presses it at another hour is in need all the same.
  if (isLifeRule(rule)) report([...path, 'schedule'], 'no schedule: a panic button and the like count at all hours', schedule);
  for (const [index, window] of schedule.entries()) {
    if (!readWindow(window)) report([...path, 'schedule', index], 'hours such as mon-fri 18:00-07:00, or days such as sat,sun', window);
  }
}

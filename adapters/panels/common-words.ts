/** Words that many dialects share: yes and no, the states of Home Assistant's alarm panel, and what a button says. */
import { z } from 'zod';
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import { answerTo, type PanelCommand } from '../../gateway/domain/command.ts';
import type { ArmMode } from '../../gateway/domain/report.ts';
import type { Heard } from './read-dialect.ts';
import { activity, answer, event, type Reading, type Sign, type SignMore, state } from './reading.ts';

const yes = new Set(['true', 'on', '1', 'yes', 'open', 'online']);
const no = new Set(['false', 'off', '0', 'no', 'close', 'closed', 'offline']);

/** Undefined: neither. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'number' || typeof value === 'string' ? String(value).trim().toLowerCase() : '';
  return yes.has(word) ? true : no.has(word) ? false : undefined;
}

/** The whole payload as yes or no. */
export function saysYes(heard: Heard): boolean {
  const text = heard.text();
  const value = booleanOf(text);
  if (value === undefined) throw heard.refuse('/', '"true" or "false", "ON" or "OFF", 1 or 0', JSON.stringify(text.slice(0, 60)));
  return value;
}

/** `online` or `offline`, as text or as `{"state":…}`. */
export function saysOnline(heard: Heard): boolean {
  const text = heard.text().trim();
  if (!text.startsWith('{')) return saysYes(heard);
  const { state: word } = heard.json(z.object({ state: z.enum(['online', 'offline'], '"online" or "offline"') }));
  return word === 'online';
}

const modes: ReadonlyMap<string, ArmMode> = new Map([
  ['disarmed', 'disarmed'],
  ['armed_home', 'home'],
  ['armed_away', 'away'],
  ['armed_night', 'night'],
  ['armed_vacation', 'away'],
  ['armed_custom_bypass', 'away'],
]);

/** A state of Home Assistant's alarm panel. */
export function panelState(heard: Heard, partition: string, word: string): readonly Reading[] {
  const lower = word.trim().toLowerCase();
  // Somebody, perhaps we, has told it to: it has begun.
  if (lower === 'arming' || lower === 'disarming') return [answer(answerTo({ op: lower === 'arming' ? 'arm' : 'disarm', partition }))];
  // Entry delay with most, exit delay with some (alarm-panels §1.2): neither an alarm nor its end.
  if (lower === 'pending') return [];
  if (lower === 'triggered') return [state('burglary', true, 'triggered', { partition })];
  const mode = modes.get(lower);
  if (mode === undefined) throw heard.refuse('/', 'a state of an alarm panel, such as disarmed or triggered', JSON.stringify(word.slice(0, 60)));
  return [{ kind: 'arming', mode, partition }, state('burglary', false, lower, { partition })];
}

const presses: ReadonlyMap<string, AlarmType> = new Map([
  ['panic', 'panic.audible'],
  ['sos', 'panic.silent'],
  ['emergency', 'emergency.personal'],
  ['fire', 'fire.pullstation'],
  ['medical', 'medical'],
]);

/** What a button says when it is pressed. Words that mean an emergency by themselves are one; any other is a click, which its zone gives a meaning. */
export function press(word: string, more: SignMore): readonly Sign[] {
  if (word === '' || /release/.test(word)) return [];
  return [event(presses.get(word.toLowerCase()) ?? activity, `action:${word.slice(0, 40)}`, more)];
}

/** Home Assistant's words for arming and disarming; undefined: it has none for this. */
export function panelWord(command: PanelCommand): string | undefined {
  if (command.op === 'disarm') return 'DISARM';
  return command.op === 'arm' ? `ARM_${(command.mode ?? 'away').toUpperCase()}` : undefined;
}

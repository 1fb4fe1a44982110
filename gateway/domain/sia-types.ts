/** From SIA codes (DC-03) to canonical types. SIA is coarser than Contact ID: HA is a silent panic, a duress and a silent burglary (alarm-panels §2.3). */
import type { AlarmType } from './alarm.ts';
import { type AlarmTypeRow, alarmTypes } from './alarm-types.ts';

export interface SiaMeaning {
  readonly type: AlarmType;
  /** False: it ends what the type stands for. Of `arming`: true is closed, that is armed. */
  readonly active: boolean;
}

/** Where several rows claim a code, the gravest has it, and of equals the first: in doubt too much. These are the exceptions. */
const decided: ReadonlyMap<string, AlarmType> = new Map([
  ['YC', 'comms.fail'],
  ['YK', 'comms.fail'],
]);

const meanings = new Map<string, SiaMeaning>([...claims('restore', false), ...claims('raise', true)]);

function claims(side: keyof AlarmTypeRow['sia'], active: boolean): [string, SiaMeaning][] {
  const graverLast = alarmTypes.toSorted((one, other) => other.severity - one.severity);
  const winners = new Map<string, AlarmType>();
  for (const { type, severity, sia } of graverLast) {
    for (const code of sia[side]) {
      const before = alarmTypes.find((each) => each.type === winners.get(code));
      if (before === undefined || before.severity > severity) winners.set(code, type);
    }
  }
  return [...winners].map(([code, type]) => [code, { type: decided.get(code) ?? type, active }]);
}

/** Both letters are wanted, in either case. `zone` (as sent) tells a tampered panel (zone 0 or none) from a tampered detector. */
export function typeOfSia(code: string, zone?: string): SiaMeaning {
  const upper = code.toUpperCase();
  const meaning = meanings.get(upper) ?? { type: `unknown.${upper}`, active: true };
  const ofPanel = meaning.type === 'tamper.sensor' && (zone === undefined || /^0*$/.test(zone));
  return ofPanel ? { ...meaning, type: 'tamper.panel' } : meaning;
}

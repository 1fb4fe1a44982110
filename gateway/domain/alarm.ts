/** Alarm words: canonical types and severities (alarm-panels §2.3). The table from codes to types is `alarm-types.ts`. */

/** 1 is the gravest: a life is in danger now. */
export type Severity = 1 | 2 | 3 | 4;

/** Canonical type, for example `panic.silent` or `fire.smoke`; `unknown.<raw code>` is delivered, never dropped. */
export type AlarmType = string;

/** Panic, hold-up, duress and fire: never suppressed, never delayed, and they overtake everything else on the way out. */
export function overtakes(type: AlarmType): boolean {
  return type.startsWith('panic.') || type.startsWith('fire.') || type.startsWith('holdup.') || type === 'emergency.personal';
}

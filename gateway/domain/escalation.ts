/** Who is told when nobody takes an alarm on, and when (alarm-panels §6). Pure. */
import type { Severity } from './alarm.ts';
import { type Millis, seconds } from './time.ts';

/** `seats`: every seat and the supervisor · `phones`: the phone chain · `police`: said to the police side once more. */
export type EscalationTarget = 'seats' | 'phones' | 'police';
export const escalationTargets = ['seats', 'phones', 'police'] as const satisfies readonly EscalationTarget[];

interface EscalationRule {
  /** Since it was journalled, or reopened. */
  readonly after: Millis;
  readonly to: EscalationTarget;
}

/** Level 1 is the first of a severity. Milder alarms wait for whoever comes. */
export const escalationRules: Readonly<Record<Severity, readonly EscalationRule[]>> = {
  1: [
    { after: seconds(30), to: 'seats' },
    { after: seconds(60), to: 'phones' },
    { after: seconds(90), to: 'police' },
  ],
  2: [
    { after: seconds(90), to: 'seats' },
    { after: seconds(180), to: 'phones' },
  ],
  3: [],
  4: [],
};

export interface Escalation {
  readonly level: number;
  readonly to: EscalationTarget;
}

/** The highest level above `reached` that is due; undefined: none. After a restart, one event so says what several would have. */
export function dueEscalation(severity: Severity, reached: number, waited: Millis): Escalation | undefined {
  const rules = escalationRules[severity];
  const level = rules.findLastIndex(({ after }) => after <= waited) + 1;
  const rule = rules[level - 1];
  return rule && level > reached ? { level, to: rule.to } : undefined;
}

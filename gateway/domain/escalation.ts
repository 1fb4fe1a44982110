/** Who is told when nobody takes an alarm on (alarm-panels §6). */

/** `seats`: every seat and the supervisor · `phones`: the phone chain · `police`: said to the police side once more. */
export type EscalationTarget = 'seats' | 'phones' | 'police';
export const escalationTargets = ['seats', 'phones', 'police'] as const satisfies readonly EscalationTarget[];

/**
 * From facts to findings, pure. The rules stand in the order in which they would explain the rest: the first problem is the culprit. Each sentence names
 * what is wrong, what was seen, and what to change.
 */
import type { UplinkFinding } from '../../../../gateway/domain/uplink-ports.ts';
import { wordsOf } from '../trouble.ts';
import { deviationRules, tidinessRules } from './agreement-rules.ts';
import { askedRules, chosenRules, faintRules, unservedRules } from './asked-rules.ts';
import { connectionRules, passersBy, perhapsThePlatform, silenceRules } from './connection-rules.ts';
import type { DoctorFacts } from './facts.ts';
import { lastingRules, weatherRules } from './lasting-rules.ts';
import { messageRules } from './message-rules.ts';
import { refusalRules } from './refusal-rules.ts';
import { at, down, type Rule } from './rule.ts';
import { forgottenRules, wayBackRules } from './way-back-rules.ts';

/** Each explains why nothing works, or why something that was tried failed. */
const causes: readonly Rule[] = [
  ...[...connectionRules, ...forgottenRules, ...lastingRules, ...silenceRules, ...refusalRules],
  ...[...askedRules, ...messageRules, ...wayBackRules, ...unservedRules],
];

/**
 * Never empty. The first sentence is about the connection and what goes over it, for a technician who reads no further: causes, the certain ones first;
 * then what the platform is likely to show wrongly, or asks in vain; then that all is well. Behind that stands what a site has chosen (orders that it
 * forbids) or may still tidy up (zones without codes): nothing fails for it.
 */
export function diagnose(facts: DoctorFacts): readonly UplinkFinding[] {
  const judged = (rules: readonly Rule[]) => rules.flatMap((rule) => rule(facts) ?? []);
  const found = judged(causes);
  const problems = found.filter(({ verdict }) => verdict === 'problem');
  // What only says again that we are not registered is left out: the culprit explains it.
  const culprits = problems.filter(({ name }, index) => index === 0 || name !== 'registration');
  const still = problems.length === 0 && down(facts) ? [unexplained(facts)] : [];
  const suspicions = found.filter(({ verdict }) => verdict === 'warning');
  const well = down(facts) || culprits.some(({ name }) => name === 'keepalive') ? [] : [wellNow(facts)];
  return [
    ...culprits,
    ...still,
    ...suspicions,
    ...judged([...deviationRules, perhapsThePlatform, ...faintRules, ...weatherRules]),
    ...well,
    ...judged([...chosenRules, ...tidinessRules, passersBy]),
  ];
}

/** Anything else that keeps us out. */
const unexplained = ({ trouble, settings, asked }: DoctorFacts): UplinkFinding => ({
  ...{ name: 'registration', verdict: 'problem', sentence: wordsOf(trouble, settings, asked) },
});

const wellNow = (facts: DoctorFacts): UplinkFinding => ({
  name: 'registration',
  verdict: 'well',
  sentence: { zh: `已在平台 ${at(facts)} 注册，心跳正常。`, en: `Registered with the platform at ${at(facts)}, which answers keepalives.` },
});

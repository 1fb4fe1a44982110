/**
 * From facts to findings, pure. The rules stand in the order in which they would explain the rest: the first problem is the culprit. Each sentence names
 * what is wrong, what was seen, and what to change.
 */
import type { UplinkFinding } from '../../../../gateway/domain/uplink-ports.ts';
import { agreementRules, tidinessRules } from './agreement-rules.ts';
import { messageRules } from './answer-rules.ts';
import { connectionRules, lastRule, passersBy } from './connection-rules.ts';
import type { DoctorFacts } from './facts.ts';
import { at, down } from './rule.ts';

/** Problems, then what may be why something does not work, then that all is well, then what is worth a look; never empty. */
export function diagnose(facts: DoctorFacts): readonly UplinkFinding[] {
  const found = [...connectionRules, ...agreementRules, ...messageRules, lastRule].flatMap((rule) => rule(facts) ?? []);
  const untidy = [...tidinessRules, passersBy].flatMap((rule) => rule(facts) ?? []);
  const [culprit, ...others] = found.filter(({ verdict }) => verdict === 'problem');
  // What only says again that we are not registered is left out: the culprit explains it.
  const problems = culprit ? [culprit, ...others.filter(({ name }) => name !== 'registration')] : [];
  const warnings = found.filter(({ verdict }) => verdict === 'warning');
  const well: UplinkFinding = {
    name: 'registration',
    verdict: 'well',
    sentence: { zh: `已在平台 ${at(facts)} 注册，心跳正常。`, en: `Registered with the platform at ${at(facts)}, which answers keepalives.` },
  };
  return [...problems, ...warnings, ...(down(facts) || problems.some(({ name }) => name === 'keepalive') ? [] : [well]), ...untidy];
}

/** What rules are made of. */
import { seconds } from '../../../../gateway/domain/time.ts';
import type { UplinkFinding } from '../../../../gateway/domain/uplink-ports.ts';
import { placeOf } from '../trouble.ts';
import type { DoctorFacts } from './facts.ts';

/** Undefined: nothing to say. */
export type Rule = (facts: DoctorFacts) => UplinkFinding | undefined;

export const problem = (name: string, zh: string, en: string): UplinkFinding => ({ name, verdict: 'problem', sentence: { zh, en } });
export const warning = (name: string, zh: string, en: string): UplinkFinding => ({ name, verdict: 'warning', sentence: { zh, en } });
export const down = ({ status }: DoctorFacts): boolean => status.state === 'down';
/** Platforms ask at once (facts §3.4). */
const silentFor = seconds(30);
/** It has been up for long enough to wonder what the platform has never asked. */
export const wonders = (facts: DoctorFacts): boolean => !down(facts) && facts.heardAll === true && (facts.lasts ?? 0) >= silentFor;
export const neverHeard = (facts: DoctorFacts): boolean => wonders(facts) && facts.seen.callers.length === 0;
/** Twice may be a platform that is being worked at. */
export const timesAgainAndAgain = 3;
/** Of whom the facts are. */
export const at = ({ settings, asked }: DoctorFacts): string => placeOf(settings, asked);

/**
 * Findings → one fault or none, for one check on one subject. Pure: time comes in with each finding.
 * A failure must last `visibleAfter`; a fault ends with a pass, or, if it has come and gone often, with passes for a whole `settlesIn`.
 */
import type { Finding } from '../domain/health.ts';
import { between, type Instant, type Millis, minutes, seconds } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';

export interface Tracked {
  /** What the latest telling finding was; `unknown` until one told something. */
  readonly verdict: 'pass' | 'fail' | 'unknown';
  readonly provenAt?: Instant;
  readonly failingSince?: Instant;
  readonly passingSince?: Instant;
  readonly fault?: { readonly since: Instant; readonly sentence: Words };
  /** When faults of the last ten minutes began. */
  readonly raisedAt: readonly Instant[];
}

export const untracked: Tracked = { verdict: 'unknown', raisedAt: [] };

const flapWindow = minutes(10);
const flapCount = 3;
export const settledFor: Millis = seconds(60);

/** Of a check. */
export interface Patience {
  readonly visibleAfter: Millis;
  readonly settlesIn?: Millis;
}

/** A fault that stood when the gateway last ran: it stands until a probe passes. */
export function trackedFrom(since: Instant, sentence: Words): Tracked {
  return { ...untracked, fault: { since, sentence } };
}

export function track(before: Tracked, finding: Finding, now: Instant, { visibleAfter, settlesIn = settledFor }: Patience): Tracked {
  switch (finding.verdict) {
    case 'unknown':
      // Cannot tell: a fault that we saw keeps standing as proven; anything else is not proven any more.
      return {
        verdict: 'unknown',
        raisedAt: before.raisedAt,
        ...(before.fault ? { fault: before.fault, ...(before.provenAt === undefined ? {} : { provenAt: before.provenAt }) } : {}),
      };
    case 'pass': {
      const passingSince = before.verdict === 'pass' ? sooner(before.passingSince, now) : now;
      const flapping = lately(before.raisedAt, now).length >= flapCount;
      const held = before.fault && flapping && between(passingSince, now) < settlesIn;
      return { verdict: 'pass', provenAt: now, passingSince, raisedAt: before.raisedAt, ...(held ? { fault: before.fault } : {}) };
    }
    case 'fail': {
      const failingSince = before.verdict === 'fail' ? sooner(before.failingSince, now) : now;
      const failing = { verdict: 'fail', provenAt: now, failingSince } as const;
      if (before.fault) return { ...failing, raisedAt: before.raisedAt, fault: { since: before.fault.since, sentence: finding.sentence } };
      if (between(failingSince, now) < visibleAfter) return { ...failing, raisedAt: before.raisedAt };
      const raisedAt = [...lately(before.raisedAt, now), now];
      return { ...failing, raisedAt, fault: { since: failingSince, sentence: finding.sentence } };
    }
  }
}

// What lies ahead of us was seen before the clock was set back: it is not waited for.

const sooner = (since: Instant | undefined, now: Instant): Instant => (since === undefined || since > now ? now : since);

const lately = (times: readonly Instant[], now: Instant): readonly Instant[] => times.filter((at) => Math.abs(between(at, now)) <= flapWindow);

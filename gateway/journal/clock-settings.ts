/**
 * Where in the journal the box's clock was set while this process ran. What was journalled before is told by the clock as it now stands: an alarm
 * that waits must not seem to wait for an hour, or for less than nothing, because of it.
 */
import type { Clock } from '../domain/ports.ts';
import { type Instant, instant } from '../domain/time.ts';

/** ms. Less is the usual trimming of a clock. */
const noticed = 1_000;
/** A clock that is set more often tells nothing. */
const most = 64;

export interface ClockSettings {
  /** A commit has ended at this position. */
  reached(position: number): void;
  /** A journalled time by the clock as it now stands. What an earlier process journalled stays as it is. */
  corrected(position: number, at: number): Instant;
}

export function clockSettings(clock: Pick<Clock, 'now' | 'monotonic'>, position: number): ClockSettings {
  const ahead = () => clock.now() - clock.monotonic();
  const spans = [{ after: position, ahead: ahead() }];
  let top = position;
  return {
    reached(next) {
      const now = ahead();
      if (Math.abs(now - (spans.at(-1)?.ahead ?? now)) > noticed) {
        spans.push({ after: top, ahead: now });
        if (spans.length > most) spans.shift();
      }
      top = Math.max(top, next);
    },
    corrected(of, at) {
      const span = spans.findLast(({ after }) => of > after);
      if (span === undefined) return instant(at);
      const set = ahead() - span.ahead;
      return instant(Math.round(Math.abs(set) > noticed ? at + set : at));
    },
  };
}

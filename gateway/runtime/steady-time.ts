/** The wall clock of a box may be set while it runs: a wait of a second must not become one of an hour, nor what was just now an hour ago. */
import type { Clock } from '../domain/ports.ts';
import { type Instant, instant } from '../domain/time.ts';

/** For waits that are written down. */
export interface SteadyTime {
  /** The wall clock's time, as long as that only goes on; it goes on evenly while the wall clock is set back. */
  now(): Instant;
  /** What was written down under a clock that was ahead of ours is not waited for. */
  catchUp(at: Instant): void;
}

export function steadyTime(clock: Pick<Clock, 'now' | 'monotonic'>): SteadyTime {
  let ahead = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const passed = clock.monotonic();
      ahead = Math.max(ahead, clock.now() - passed);
      return instant(Math.round(ahead + passed));
    },
    catchUp(at) {
      ahead = Math.max(ahead, at - clock.monotonic());
    },
  };
}

/** Two clocks are never read in one moment, and a time server pulls at one of them. */
const together = 1_000;

/** When that was by the wall clock as it now stands: it keeps its distance from now when the clock is set. */
export function rememberedAt(clock: Pick<Clock, 'now' | 'monotonic'>, at: Instant = clock.now()): () => Instant {
  const ahead = () => clock.now() - clock.monotonic();
  const then = ahead();
  return () => {
    const set = ahead() - then;
    return Math.abs(set) < together ? at : instant(Math.round(at + set));
  };
}

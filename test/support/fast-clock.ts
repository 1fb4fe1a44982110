/**
 * A clock that runs up to so many times as fast as the wall's; everything that waits by it waits less. Where the machine does not let this
 * process run, its time stands still: a limit that passes by it has been a limit for us too.
 */
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';

/** Of real time, in milliseconds. */
const beat = 5;

export function fastClock(speed: number): Clock {
  const clock = new ManualClock(systemClock.now());
  const goOn = () => void setTimeout(() => void clock.advance(millis(beat * speed)).then(goOn), beat).unref();
  goOn();
  return clock;
}

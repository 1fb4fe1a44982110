/** A clock that runs so many times as fast as the wall's; everything that waits by it waits less. */
import type { Clock } from '../../gateway/domain/ports.ts';
import { instant, millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

export function fastClock(speed: number): Clock {
  const [began, beganMonotonic] = [systemClock.now(), systemClock.monotonic()];
  return {
    now: () => instant(began + (systemClock.now() - began) * speed),
    monotonic: () => millis(beganMonotonic + (systemClock.monotonic() - beganMonotonic) * speed),
    sleep: (length, signal) => systemClock.sleep(millis(length / speed), signal),
    deadline: (length, ...signals) => systemClock.deadline(millis(length / speed), ...signals),
  };
}

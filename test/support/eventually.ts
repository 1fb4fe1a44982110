/** Waits for an expectation to come true: for what happens in other threads and processes, where no promise can be had. */
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

export async function eventually(expectation: () => void | Promise<void>, within: Millis = seconds(60)): Promise<void> {
  const limit = systemClock.monotonic() + within;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (systemClock.monotonic() > limit) throw error;
    }
    await systemClock.sleep(millis(100));
  }
}

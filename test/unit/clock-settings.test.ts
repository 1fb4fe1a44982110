import { expect, test } from 'vitest';
import { after, hours, seconds } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

test.each([hours(1), hours(-1)])('an alarm that waits for the police waits as long as it does, though the clock is set by %i ms', async (jump) => {
  const clock = new ManualClock(systemClock.now());
  await using bench = await openTestJournal({ clock });
  const waited = () => {
    const { oldest, oldestAlarm } = bench.journal.read.backlog(police);
    return [oldest, oldestAlarm?.journalledAt].map((at) => (at === undefined ? undefined : clock.now() - at));
  };
  await bench.journal.record(alarm({ zone: '1' }), [police]);
  await clock.advance(seconds(10));
  clock.set(after(clock.now(), jump));
  expect(waited()).toEqual([10_000, 10_000]);
  // What is journalled since is by the clock as it is, and moves nothing of what came before.
  await bench.journal.record(alarm({ zone: '2' }), [police]);
  await clock.advance(seconds(7));
  expect(waited()).toEqual([17_000, 17_000]);
});

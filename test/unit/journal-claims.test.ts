/** Who goes first when more is owed than an uplink takes at once. */
import { expect, test } from 'vitest';
import { after, minutes } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

const panic = (panel: string, zone = '1') => alarm({ panel, zone, type: 'panic.audible' });
const panels = (count: number) => Array.from({ length: count }, (_, index) => `panel-${index + 1}`);

test('who presses now waits for none of the panics that an outage has left, which go in order', async () => {
  const clock = new ManualClock();
  await using bench = await openTestJournal({ clock });
  const { journal } = bench;
  for (const panel of panels(6)) await journal.record(panic(panel), [police]);
  await journal.record(alarm({ panel: 'other' }), [police]);
  await clock.advance(minutes(5));
  await journal.record(panic('panel-1', '2'), [police]);
  await journal.record(panic('panel-2', '2'), [police]);
  const claimed = journal.outbox.claim(police, 4, after(clock.now(), minutes(0)));
  expect(claimed.map(({ lane }) => lane)).toEqual(['panel-1/2', 'panel-2/2', 'panel-1/1', 'panel-2/1']);
});

test('in a zone the older one goes first, however fresh the other is', async () => {
  const clock = new ManualClock();
  await using bench = await openTestJournal({ clock });
  const { journal } = bench;
  for (const panel of panels(6)) await journal.record(panic(panel), [police]);
  await clock.advance(minutes(5));
  await journal.record(panic('panel-6'), [police]);
  expect(journal.outbox.claim(police, 2, clock.now()).map(({ position }) => position)).toEqual([1, 2]);
});

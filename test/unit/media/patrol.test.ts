import { expect, test } from 'vitest';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { Patrol } from '../../../gateway/media/patrol.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';

test('a link that is full as a media worker begins is tried anew after 20 s, as after any refusal', async () => {
  const clock = new ManualClock();
  const budget = UplinkBudget.open(1_000, clock);
  // As the worker before left it.
  budget.press(true);
  const ending = new AbortController();
  const seen: boolean[] = [];
  const life = new Patrol(budget, clock).run((pressed) => seen.push(pressed), ending.signal);
  await clock.advance(seconds(19));
  expect(new Set(seen)).toEqual(new Set([true]));
  await clock.advance(seconds(2));
  expect(seen.at(-1)).toBe(false);
  expect(budget.take(2_000, 'patrol')).toBe(false);
  await clock.advance(millis(250));
  expect(seen.at(-1)).toBe(true);
  ending.abort();
  await life;
});

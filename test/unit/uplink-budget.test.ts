import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { UplinkBudget } from '../../gateway/runtime/uplink-budget.ts';

describe('the budget towards the police side', () => {
  test('is never exceeded in any second, however pictures come, and whichever thread sends them', async () => {
    const piece = fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      bytes: fc.integer({ min: 1, max: 700 }),
      alarm: fc.boolean(),
      other: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 120 }), async (pieces) => {
        const clock = new ManualClock();
        const one = UplinkBudget.open(1_000, clock);
        const other = UplinkBudget.join(one.shared, clock);
        const left: { at: number; bytes: number }[] = [];
        for (const { wait, bytes, alarm, other: elsewhere } of pieces) {
          await clock.advance(millis(wait));
          if ((elsewhere ? other : one).take(bytes, alarm ? 'alarm' : 'patrol')) left.push({ at: clock.now(), bytes });
        }
        for (const { at } of left) {
          const second = left.filter((sent) => sent.at >= at && sent.at < at + 1_000).reduce((sum, { bytes }) => sum + bytes, 0);
          expect(second).toBeLessThanOrEqual(1_000);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('leaves room for alarm viewing, which is refused only by the limit itself', async () => {
    const clock = new ManualClock();
    const budget = UplinkBudget.open(1_000, clock);
    expect(budget.take(100, 'alarm')).toBe(true);
    expect(budget.take(800, 'patrol')).toBe(false);
    expect(budget.take(700, 'patrol')).toBe(true);
    expect(budget.take(200, 'alarm')).toBe(true);
    expect(budget.take(1, 'alarm')).toBe(false);
    expect(budget.used()).toEqual({ alarm: 300, patrol: 700 });
    expect(budget.takeDenials()).toBe(2);
    expect(budget.takeDenials()).toBe(0);
    await clock.advance(seconds(1.2));
    expect(budget.used()).toEqual({ alarm: 0, patrol: 0 });
    // What alarm viewing took a moment ago it may take again.
    expect(budget.take(700, 'patrol')).toBe(false);
    expect(budget.take(600, 'patrol')).toBe(true);
    await clock.advance(seconds(12));
    expect(budget.take(1_000, 'patrol')).toBe(true);
  });

  test('does not count what is watched at the school, nor anything where there is no limit', () => {
    const budget = UplinkBudget.open(10, new ManualClock());
    expect(budget.take(1e6, 'local')).toBe(true);
    const none = UplinkBudget.open(0, new ManualClock());
    expect(none.take(1e9, 'patrol')).toBe(true);
  });
});

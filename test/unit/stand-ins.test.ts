/** Who stands in for whom, and how that ends. */
import { expect, test } from 'vitest';
import type { PathSigns } from '../../gateway/delivery/paths.ts';
import { openStandIns } from '../../gateway/delivery/stand-ins.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { millis } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';

test('the end comes while the journal is busy with a stand-in: it ends in order, and no wait is left to reject where nobody listens', async () => {
  const clock = new ManualClock();
  const way = (id: string, more: Partial<PathSigns>) => ({
    id: uplinkId(id),
    answeredAgo: millis(0),
    broken: false,
    accepts: new Set<never>(),
    ...more,
  });
  const paths = () =>
    [way('police', { role: 'primary', broken: true }), way('second', { role: 'backup' })].map((one) => ({ role: 'primary' as const, ...one }));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let rounds = 0;
  const standIns = openStandIns({
    outbox: {
      async standIn() {
        rounds += 1;
        if (rounds > 1) await held;
        return { through: 0, more: false };
      },
      withdraw: async () => false,
      arrival: (_uplink, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    },
    ...{ paths, clock, log: silentLogger },
  });
  const rejected: unknown[] = [];
  const hear = (reason: unknown) => void rejected.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const life = new AbortController();
    const ended = standIns.run(life.signal);
    await clock.advance(millis(1_000));
    expect(rounds).toBe(2);
    life.abort();
    // A whole turn, in which whatever nobody listens to is told.
    await clock.advance(millis(1));
    release();
    await ended;
  } finally {
    process.off('unhandledRejection', hear);
  }
  expect(rejected).toEqual([]);
});

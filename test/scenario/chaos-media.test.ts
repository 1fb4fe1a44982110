import { expect, test } from 'vitest';
import { runChaos } from '../support/run-chaos.ts';

/** Other programs run beside this test: what must be fast is given far more time here, what must not happen at all is not. */
const slackOf = (metric: string, unit: string) => (metric === 'publish to receipt, p99' ? 100 : unit === 'ms' ? 6 : 1);

test('a media worker that crashes, hangs or runs out of memory is replaced, pictures come back by themselves, and no alarm is lost', {
  timeout: 120_000,
}, async () => {
  const { figures, errors } = await runChaos('--faults', 'media', '--runs', '1', '--seed', '7');
  expect(figures.map(({ test: name }) => name)).toEqual(expect.arrayContaining(['chaos media crash', 'chaos media hang', 'chaos media leak']));
  const failed = figures.filter(
    ({ metric, value, unit, limit }) => limit !== null && !(Number.isFinite(value) && value <= limit * slackOf(metric, unit)),
  );
  expect(failed, errors).toEqual([]);
});

test('without its watchdog a media worker that hangs stays so, and the row is red', { timeout: 120_000 }, async () => {
  const { failed, code, errors } = await runChaos('--faults', 'media-hang', '--runs', '1', '--seed', '3', '--break', 'no-media-watchdog');
  expect(code, errors).toBe(1);
  expect(failed.map(({ metric }) => metric)).toContain('fault to the end of the worker');
});

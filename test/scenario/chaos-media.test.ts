import { expect, test } from 'vitest';
import { runChaos } from '../support/run-chaos.ts';

test('a media worker that crashes, hangs or runs out of memory is replaced, pictures come back by themselves, and no alarm is lost', {
  timeout: 300_000,
}, async () => {
  const { figures, beyondSlack, errors } = await runChaos('--faults', 'media', '--runs', '1', '--seed', '7');
  expect(figures.map(({ test: name }) => name)).toEqual(expect.arrayContaining(['chaos media crash', 'chaos media hang', 'chaos media leak']));
  expect(beyondSlack, errors).toEqual([]);
});

test('without its watchdog a media worker that hangs stays so, and the row is red', { timeout: 300_000 }, async () => {
  const { failed, code, errors } = await runChaos('--faults', 'media-hang', '--runs', '1', '--seed', '3', '--break', 'no-media-watchdog');
  expect(code, errors).toBe(1);
  expect(failed.map(({ metric }) => metric)).toContain('fault to the end of the worker');
});

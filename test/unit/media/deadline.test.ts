import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { openDeadline } from '../../../adapters/protocols/rtsp/deadline.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';

test('a deadline still comes after the garbage collector has been', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const life = new AbortController();
  const aborted = new Promise<unknown>((resolve) => {
    const { signal } = openDeadline(systemClock, 150, life.signal);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
  for (let turn = 0; turn < 5; turn += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await aborted).toMatchObject({ name: 'TimeoutError' });
});

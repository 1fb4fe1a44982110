import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { linked } from '../../gateway/runtime/linked.ts';
import { collectGarbage } from '../support/collect.ts';

/** Resolves with the reason once it aborts; holds nothing but the listener. */
const aborted = (signal: AbortSignal) =>
  new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }));
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('a signal that follows others', () => {
  test('still comes after the garbage collector has been, though only its listeners wait for it', async () => {
    const [life, other] = [new AbortController(), new AbortController()];
    const heard = aborted(linked(life.signal, other.signal).signal);
    await collectGarbage();
    other.abort('the other ended');
    expect(await heard).toBe('the other ended');
  });

  test('is aborted from the start where a source is', () => {
    expect(linked(new AbortController().signal, AbortSignal.abort('over')).signal.reason).toBe('over');
  });

  test('lets go of its sources when it is disposed of, and ends what was begun under it', () => {
    const life = new AbortController();
    const link = linked(life.signal);
    expect(listeners(life.signal)).toBe(1);
    link[Symbol.dispose]();
    expect(link.signal.aborted).toBe(true);
    expect(listeners(life.signal)).toBe(0);
  });

  test('lets go of the others when one of them ends it', () => {
    const [life, other] = [new AbortController(), new AbortController()];
    linked(life.signal, other.signal);
    other.abort();
    expect(listeners(life.signal)).toBe(0);
  });
});

describe('a deadline', () => {
  test('still comes after the garbage collector has been', async () => {
    const heard = aborted(systemClock.deadline(millis(150), new AbortController().signal));
    await collectGarbage();
    expect(await heard).toMatchObject({ name: 'TimeoutError' });
  });

  test('keeps no timer and no listener once it is disposed of', async () => {
    const clock = new ManualClock();
    const life = new AbortController();
    let late = false;
    {
      using limit = clock.deadline(seconds(10), life.signal);
      limit.addEventListener('abort', () => {
        late = limit.reason.name === 'TimeoutError';
      });
    }
    await clock.advance(seconds(20));
    expect([late, listeners(life.signal), clock.sleepers]).toEqual([false, 0, 0]);
  });

  test('comes at its time on either clock, or with the first of its signals', async () => {
    const clock = new ManualClock();
    const [first, second] = [new AbortController(), new AbortController()];
    const limit = clock.deadline(seconds(10), first.signal, second.signal);
    await clock.advance(seconds(9));
    expect(limit.aborted).toBe(false);
    await clock.advance(seconds(1));
    expect(limit.reason).toMatchObject({ name: 'TimeoutError' });
    const early = systemClock.deadline(seconds(60), first.signal, second.signal);
    second.abort('gone');
    expect(early.reason).toBe('gone');
  });
});

import { expect, test } from 'vitest';
import { millis } from '../../../gateway/domain/time.ts';
import { KeyframeWish } from '../../../gateway/media/keyframe-wish.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';

function wishing() {
  const clock = new ManualClock();
  const began = clock.monotonic();
  const asked: number[] = [];
  return { clock, asked, wish: new KeyframeWish(clock, () => asked.push(clock.monotonic() - began)) };
}

test('a camera that begins with a keyframe is asked for nothing', async () => {
  const { clock, asked, wish } = wishing();
  wish.begin();
  await clock.advance(millis(100));
  wish.picture(true);
  await clock.advance(millis(5_000));
  for (let picture = 0; picture < 50; picture += 1) wish.picture(false);
  expect(asked).toEqual([]);
  expect(clock.sleepers).toBe(0);
});

test('one that begins in the middle of a group is asked with its first picture, again each second, and three times at most', async () => {
  const { clock, asked, wish } = wishing();
  wish.begin();
  for (let at = 0; at < 10_000; at += 40) {
    await clock.advance(millis(40));
    wish.picture(false);
  }
  expect(asked).toHaveLength(3);
  expect(asked[0]).toBe(40);
  expect(asked[2]).toBeLessThan(2_500);
  wish.begin();
  wish.picture(false);
  expect(asked).toHaveLength(4);
  wish.end();
});

test('one that is silent is asked, and no more once its keyframe has come or the session is over', async () => {
  const { clock, asked, wish } = wishing();
  wish.begin();
  await clock.advance(millis(300));
  expect(asked).toEqual([300]);
  wish.picture(true);
  await clock.advance(millis(5_000));
  wish.begin();
  await clock.advance(millis(100));
  wish.end();
  await clock.advance(millis(5_000));
  expect(asked).toEqual([300]);
});

test('one that was asked before it sent anything is asked once more with a first picture that needs others', async () => {
  const { clock, asked, wish } = wishing();
  wish.begin();
  await clock.advance(millis(400));
  for (let picture = 0; picture < 10; picture += 1) wish.picture(false);
  expect(asked).toEqual([300, 400]);
  wish.end();
});

test('whoever comes and finds nothing to begin with has it asked for, once a second at most', async () => {
  const { clock, asked, wish } = wishing();
  for (let viewer = 0; viewer < 5; viewer += 1) wish.now();
  await clock.advance(millis(1_000));
  wish.now();
  expect(asked).toEqual([0, 1_000]);
});

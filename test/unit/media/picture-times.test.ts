/** When pictures are decoded and shown that come at odd times or out of order. */
import { describe, expect, test } from 'vitest';
import { PictureOrder } from '../../../gateway/media/picture-order.ts';
import { DecodeTimes } from '../../../gateway/media/timestamps.ts';

const frame = 3_600;

/** The first is a keyframe; times in pictures, from any tick on. */
function timed(times: readonly number[], reordering = 0, keyframes: readonly number[] = [0]) {
  const decode = new DecodeTimes(90_000, 25);
  decode.reorder(reordering);
  return times.map((time, index) => decode.next(1_000_000 + Math.round(time * frame), keyframes.includes(index)));
}

/** What browsers do not forgive: they throw away all up to the next keyframe. */
function tearsOf(pictures: ReturnType<typeof timed>): number {
  return pictures.slice(1).filter(({ decodeTime }, index) => {
    const { decodeTime: before, duration } = pictures[index]!;
    return decodeTime <= before || decodeTime - before > 2 * duration;
  }).length;
}

const shown = (pictures: ReturnType<typeof timed>) => pictures.map(({ decodeTime, offset }) => (decodeTime + offset) / frame);

describe('pictures in the order in which they are shown', () => {
  test('are decoded when they are shown, and last as long as one usually does', () => {
    expect(timed([0, 1, 2, 3])).toEqual([0, 1, 2, 3].map((place) => ({ decodeTime: place * frame, offset: 0, duration: frame })));
  });

  test('keep their times where some are missing, without a tear, and the times of decoding catch up', () => {
    const pictures = timed([0, 1, 2, 5, 6, 9, 10, 11, 12, 13]);
    expect(shown(pictures)).toEqual([0, 1, 2, 5, 6, 9, 10, 11, 12, 13]);
    expect(tearsOf(pictures)).toBe(0);
    expect(pictures.at(-1)!.offset).toBe(0);
  });

  test('keep their times where those tremble', () => {
    const times = Array.from({ length: 40 }, (_, index) => index + (index % 2) * 0.75);
    const pictures = timed(times);
    expect(shown(pictures)).toEqual(times);
    expect(tearsOf(pictures)).toBe(0);
  });

  test('find the rate of a camera that claims another one', () => {
    const times = Array.from({ length: 40 }, (_, index) => index * 5);
    const pictures = timed(times);
    expect(shown(pictures)).toEqual(times);
    expect(tearsOf(pictures)).toBe(0);
    expect(pictures.at(-1)!.duration).toBeCloseTo(5 * frame, -3);
  });

  test('go on at once with a keyframe after a pause', () => {
    const pictures = timed([0, 1, 500, 501], 0, [0, 2]);
    expect(pictures[2]).toMatchObject({ decodeTime: 500 * frame, offset: 0 });
  });

  test('never go back where the clock does', () => {
    expect(shown(timed([0, 1, 0.5, 2]))).toEqual([0, 1, 1 + 1 / frame, 2]);
  });
});

describe('pictures that are sent out of order', () => {
  /** I P B B P B B …: pictures 0 3 1 2 6 4 5 … */
  const sent = [0, ...Array.from({ length: 8 }, (_, group) => [3, 1, 2].map((place) => group * 3 + place)).flat()];

  test('are decoded one after the other and shown in their order, none before it is decoded', () => {
    const pictures = timed(sent, 1);
    expect(pictures.map(({ decodeTime }) => decodeTime / frame)).toEqual(sent.map((_, index) => index));
    expect(shown(pictures)).toEqual(sent.map((place) => place + 1));
    expect(pictures.every(({ offset, duration }) => offset >= 0 && duration === frame)).toBe(true);
  });

  test('go on in their order after a pause', () => {
    const pictures = timed([...sent, ...sent.map((place) => place + 1_000)], 1, [0, sent.length]);
    const after = pictures.slice(sent.length);
    expect(after[0]!.decodeTime).toBe(1_000 * frame);
    expect(shown(after)).toEqual(sent.map((place) => place + 1_001));
    expect(after.every(({ offset }) => offset >= 0)).toBe(true);
  });

  test('are put in order from when it is found out', () => {
    const decode = new DecodeTimes(90_000, 25);
    const order = new PictureOrder();
    const pictures = sent.map((place, index) => {
      if (order.sent(place * frame)) decode.reorder(order.reordering);
      return decode.next(place * frame, index === 0);
    });
    expect(order.reordering).toBe(1);
    // The first two groups were needed to find it out.
    expect(shown(pictures).slice(7)).toEqual(sent.slice(7));
  });

  const reorderingOf = (times: readonly number[]) => {
    const order = new PictureOrder();
    for (const time of times) order.sent(time);
    return order.reordering;
  };

  test('are recognised by their times, pyramids as well', () => {
    expect(reorderingOf(sent)).toBe(1);
    expect(reorderingOf([0, 4, 2, 1, 3, 8, 6, 5, 7, 12])).toBe(2);
    expect(reorderingOf([0, 1, 2, 3, 4])).toBe(0);
  });

  test('are not mistaken for a clock that is set back, however far', () => {
    const setBack = (by: number) => Array.from({ length: 60 }, (_, index) => (index < 30 ? index : index - by));
    expect([0.5, 3, 10, 25].map((by) => reorderingOf(setBack(by)))).toEqual([0, 0, 0, 0]);
  });
});

/** The pages of picture groups: who is lent a group keeps it as it was, and is not given more memory than it needs. */
import { expect, test } from 'vitest';
import { PictureGroup } from '../../../gateway/runtime/picture-group.ts';

interface Item {
  readonly keyframe: boolean;
  readonly bytes: Buffer;
}

const groupOf = () => new PictureGroup<Item>({ most: 1e6, bytesOf: ({ bytes }) => bytes, withBytes: ({ keyframe }, bytes) => ({ keyframe, bytes }) });

test('small groups that are lent one after the other, as those of a recorded camera that sends keyframes only, lie in the same page', () => {
  const group = groupOf();
  const lent = Array.from({ length: 20 }, (_, index) => {
    const kept = group.push({ keyframe: true, bytes: Buffer.alloc(1_000, index) })!;
    group.lend();
    return kept.bytes;
  });
  expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(1);
  expect(lent.map((bytes) => bytes.every((byte) => byte === bytes[0]) && bytes[0])).toEqual(lent.map((_, index) => index));
});

test('nothing is ever written over a group that was lent, whatever follows', () => {
  const group = groupOf();
  let seed = 7;
  const random = (most: number) => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed % most;
  };
  let mark = 0;
  let current: Buffer[] = [];
  let lend = false;
  const lent: { readonly mark: number; readonly bytes: Buffer }[] = [];
  for (let number = 0; number < 600; number += 1) {
    const keyframe = number % 6 === 0;
    if (keyframe) {
      if (lend) lent.push(...current.map((bytes) => ({ mark: bytes[0]!, bytes })));
      current = [];
      lend = random(3) === 0;
    }
    mark = (mark + 1) % 251;
    const kept = group.push({ keyframe, bytes: Buffer.alloc(1 + random(random(5) === 0 ? 200_000 : 4_000), mark) });
    if (kept) current.push(kept.bytes);
    if (kept && lend) group.lend();
    if (lent.length > 200) lent.splice(0, 100);
    if (number % 50 === 0) expect(lent.every((one) => one.bytes.every((byte) => byte === one.mark))).toBe(true);
  }
});

import { expect, test } from 'vitest';
import { instant } from '../../../gateway/domain/time.ts';
import type { Fragment } from '../../../gateway/runtime/fragment-group.ts';
import { FragmentRing } from '../../../gateway/runtime/fragment-ring.ts';

const fragment = (length: number, mark: number): Fragment => ({
  kind: 'fragment',
  track: mark % 2 === 0 ? 'video' : 'audio',
  keyframe: mark % 3 === 0,
  capturedAt: instant(1_760_000_000_000 + mark),
  bytes: Buffer.alloc(length, mark),
});

test('fragments come out as they went in, whatever their sizes and however late they are read', () => {
  const writer = new FragmentRing(new SharedArrayBuffer(8 + 1_000));
  const reader = new FragmentRing(writer.shared);
  const waiting: { at: number; mark: number; length: number }[] = [];
  let refused = 0;
  let turns = 0;
  let before = 0;
  for (let mark = 1; mark < 250; mark += 1) {
    const length = (mark * 37) % 300;
    const at = writer.put(fragment(length, mark));
    if (at === undefined) refused += 1;
    else {
      if (at < before) turns += 1;
      before = at;
      waiting.push({ at, mark, length });
    }
    while (waiting.length > mark % 5) {
      const next = waiting.shift()!;
      const { bytes, ...read } = reader.read(next.at);
      const { bytes: _sent, ...sent } = fragment(0, next.mark);
      expect(read).toEqual(sent);
      expect(Buffer.from(bytes).equals(Buffer.alloc(next.length, next.mark))).toBe(true);
      reader.free(next.at);
    }
  }
  // Otherwise this proves little.
  expect(turns).toBeGreaterThan(10);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(125);
});

test('what finds no room is told so, and what waits stays whole', () => {
  const writer = new FragmentRing(new SharedArrayBuffer(8 + 500));
  const reader = new FragmentRing(writer.shared);
  expect(writer.put(fragment(600, 2))).toBeUndefined();
  const first = writer.put(fragment(300, 4))!;
  expect(writer.put(fragment(300, 6))).toBeUndefined();
  expect(reader.read(first).bytes).toEqual(Buffer.alloc(300, 4));
  reader.free(first);
  expect(writer.put(fragment(400, 8))).toBe(0);
});

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

function open(bytes: number) {
  const writer = new FragmentRing(bytes);
  const reader = new FragmentRing(writer.shared);
  return {
    writer,
    reader,
    /** The next one, copied. */
    take: (heard = 0): Fragment | undefined => {
      const next = reader.next(heard);
      if (!next) return undefined;
      const copy = { ...next, bytes: Buffer.from(next.bytes) };
      reader.free();
      return copy;
    },
  };
}

test('fragments come out as they went in, whatever their sizes and however late they are read', () => {
  const { writer, take } = open(1_000);
  const waiting: Fragment[] = [];
  let refused = 0;
  let whole = 0;
  for (let mark = 1; mark < 600; mark += 1) {
    const sent = fragment((mark * 37) % 300, mark % 256);
    if (writer.put(sent, 0)) waiting.push(sent);
    else refused += 1;
    while (waiting.length > mark % 5) {
      expect(take()).toEqual(waiting.shift());
      whole += 1;
    }
    if (waiting.length === 0) expect(take()).toBeUndefined();
  }
  // Otherwise this proves little.
  expect(refused).toBeGreaterThan(0);
  expect(whole).toBeGreaterThan(300);
});

test('what finds no room is told so, and what waits stays whole', () => {
  const { writer, take } = open(500);
  expect(writer.put(fragment(600, 2), 0)).toBe(false);
  expect(writer.put(fragment(300, 4), 0)).toBe(true);
  expect(writer.put(fragment(300, 6), 0)).toBe(false);
  expect(take()).toEqual(fragment(300, 4));
  expect(writer.put(fragment(400, 8), 0)).toBe(true);
  expect(take()).toEqual(fragment(400, 8));
});

test('a full ring loses nothing when many small ones wait', () => {
  const { writer, take } = open(64 * 1024);
  let waiting = 0;
  while (writer.put(fragment(1, waiting % 256), 0)) waiting += 1;
  expect(waiting).toBeGreaterThan(75);
  for (let mark = 0; mark < waiting; mark += 1) expect(take()).toEqual(fragment(1, mark % 256));
  expect(take()).toBeUndefined();
  expect(writer.put(fragment(1, 7), 0)).toBe(true);
});

test('what was said beside the ring comes between the fragments where it was said', () => {
  const { writer, take } = open(1_000);
  writer.put(fragment(10, 1), 0);
  writer.put(fragment(10, 2), 1);
  writer.put(fragment(10, 3), 3);
  expect(take(0)).toEqual(fragment(10, 1));
  expect(take(0)).toBeUndefined();
  expect(take(1)).toEqual(fragment(10, 2));
  expect(take(2)).toBeUndefined();
  expect(take(3)).toEqual(fragment(10, 3));
});

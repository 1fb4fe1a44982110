/** How much of a file is left that nobody finished: of one that ffmpeg wrote, cut anywhere. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referenceTime } from '../../../adapters/protocols/fmp4/reference-time.ts';
import { wholeFragments } from '../../../adapters/protocols/fmp4/whole-fragments.ts';

const file = readFileSync(new URL('../../fixtures/media/ffmpeg-fragmented.mp4', import.meta.url));
/** Where its three fragments end; what follows is an index. */
const ends = [2_533, 3_843, 4_606];

const look = (bytes: Buffer) => wholeFragments(bytes.length, async (at, length) => bytes.subarray(at, at + length));

test('a file of ffmpeg ends with its last whole fragment, wherever it is cut', async () => {
  const sizes = Array.from({ length: Math.floor(file.length / 7) }, (_, part) => part * 7);
  for (const size of [...sizes, ...ends, ...ends.map((end) => end - 1), file.length]) {
    const whole = ends.filter((end) => end <= size);
    const { end, fragments } = await look(file.subarray(0, size));
    expect([end, fragments]).toEqual([whole.at(-1) ?? 0, whole.length]);
  }
});

test('it tells when its first picture came and how long it is', async () => {
  const { began, length } = await look(file);
  expect(new Date(began!).toISOString()).toMatch(/^2026-11-26T/);
  expect(length).toBe(1_000);
});

test('our own mark of time reads as it was written', async () => {
  const at = Date.UTC(2026, 10, 26, 7, 30, 0, 250);
  const marked = Buffer.concat([file.subarray(0, 791), referenceTime(at), file.subarray(823)]);
  expect((await look(marked)).began).toBeCloseTo(at, 0);
});

test('garbage is no fragment, and is not read beyond a header', async () => {
  for (const garbage of [Buffer.alloc(64), Buffer.from('ffffffff6d6f6f66', 'hex'), Buffer.from('000000086d646174', 'hex')]) {
    expect((await look(garbage)).end).toBe(0);
  }
  const broken = Buffer.from(file);
  broken.writeUInt32BE(4, ends[0]!);
  expect((await look(broken)).end).toBe(ends[0]);
});

/** The vectors of the facts about GB/T 28181 (§10): each stands in a test that names it, and this table says where. What is in no row here is missing. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const proved: Readonly<Record<string, string>> = {
  // §10.1 PTZCmd
  'gb28181/ptz': 'P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19 P20 P21 P22 P23 P24 P25 P26',
  // §10.2 Digest. D9 needs a Node that has SM3.
  'sip/authentication': 'D1 D2 D3 D4 D5 D7 D8 D9',
  digest: 'D6',
  // §10.3 SSRC, RTP, framing
  'sip/gb-sessions': 'S1 S2 S3 S3b S4 S5 R8 T10',
  'gb28181/ps-packets': 'R1 R2 R3 R4 R5 R6 R7 B20',
  // §10.4 program stream. B19 without the zero at its end, which the same facts have us strip.
  'gb28181/ps-muxer': 'B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B13 B14 B15 B16 B17 B18 B19 B21',
  // §10.5 text and the rest
  'gb28181/manscdp-text': 'T1 T2 T3 T4 T7 T8',
  'gb28181/manscdp-writing': 'T5',
  'gb28181/gb-code': 'T9',
  'sip/values': 'T7 T12',
  // Snapshots and recordings are not offered to platforms: what is proved is that they are refused, or heard and without effect.
  'gb28181/honest-answers': 'T6',
  'gb28181/live': 'T11',
};
const all = ['P', 'D', 'S', 'R', 'B', 'T'].flatMap((letter, index) =>
  Array.from({ length: [26, 9, 5, 8, 21, 12][index]! }, (_, before) => `${letter}${before + 1}`),
);

test('every vector has its test', () => {
  const rows = new Set(Object.values(proved).flatMap((vectors) => vectors.split(' ')));
  expect([...rows].toSorted()).toEqual([...all, 'S3b'].toSorted());
});

test.each(Object.entries(proved))('%s.test.ts names %s', (file, vectors) => {
  const source = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
  // In what a test is called, not in a comment.
  const names = [...source.matchAll(/'[^'\n]*'/g)].map(([name]) => name).join('\n');
  expect(vectors.split(' ').filter((vector) => !new RegExp(`\\b${vector}\\b`).test(names))).toEqual([]);
});

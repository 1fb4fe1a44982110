import { expect, test } from 'vitest';
import { openLink } from '../../gateway/delivery/link.ts';
import { after, instant, millis, seconds } from '../../gateway/domain/time.ts';

const settings = { first: seconds(1), most: seconds(8), jitter: 0 };
const t0 = instant(1_000_000);

test('a silent link is tried at growing distances, up to the longest, and is forgiven at the first answer', () => {
  const link = openLink(settings, t0);
  expect(link.unanswered({ answers: 0 }, t0)).toBe(true);
  const waits: number[] = [];
  for (let tries = 0; tries < 5; tries += 1) {
    waits.push(link.tryAt - t0);
    link.stillSilent(t0);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  link.answered();
  expect(link.silent).toBe(false);
  link.unanswered({ answers: 1 }, t0);
  expect(link.tryAt).toBe(after(t0, seconds(1)));
});

test('many that fail together count as one silence', () => {
  const link = openLink(settings, t0);
  for (let each = 0; each < 16; each += 1) link.unanswered({ answers: 0 }, t0);
  expect(link.tryAt).toBe(after(t0, seconds(1)));
});

test('one without an answer, while others were answered, says nothing about the link', () => {
  const link = openLink(settings, t0);
  const sentAt = { answers: link.answers };
  link.answered();
  expect(link.unanswered(sentAt, t0)).toBe(false);
  expect(link.silent).toBe(false);
});

test('something new brings the next try forward, but never closer than the first wait', () => {
  const link = openLink(settings, t0);
  link.unanswered({ answers: 0 }, t0);
  for (let tries = 0; tries < 4; tries += 1) link.stillSilent(t0);
  link.soon(after(t0, millis(100)));
  expect(link.tryAt).toBe(after(t0, seconds(1)));
  link.stillSilent(t0);
  link.soon(after(t0, seconds(3)));
  expect(link.tryAt).toBe(after(t0, seconds(3)));
});

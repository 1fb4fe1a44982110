/** Bytes that are used again too early show somebody the wrong picture. */
import { expect, test } from 'vitest';
import { SendPlace } from '../../../adapters/protocols/net/send-place.ts';

const filled = (place: SendPlace, length: number, value: number) => place.room(length).fill(value);
const sound = (bytes: Buffer, value: number) => bytes.every((byte) => byte === value);

test('what waits to be sent stays as it is, however much is put beside it', () => {
  const place = new SendPlace();
  const waiting = [1_000, 30_000, 200, 100_000, 300_000, 50_000, 200_000].map((length, index) => filled(place, length, index));
  expect(waiting.map((bytes, index) => sound(bytes, index))).not.toContain(false);
});

test('the place is used again once the system has all of it, and left alone while it has not', () => {
  const place = new SendPlace();
  const first = filled(place, 8_000, 1);
  place.sent(true);
  const second = filled(place, 8_000, 2);
  expect([second.buffer === first.buffer, sound(first, 2)]).toEqual([true, true]);
  place.sent(false);
  const third = filled(place, 8_000, 3);
  place.sent(true);
  expect([third.buffer === second.buffer, sound(second, 2), filled(place, 8_000, 4).buffer === third.buffer]).toEqual([false, true, true]);
});

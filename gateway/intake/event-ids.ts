/** Makes event ids: UUIDv7 that grow within this process even inside one millisecond (RFC 9562 §6.2, method 1: a counter in rand_a). */
import { randomFillSync } from 'node:crypto';
import { type EventId, eventIdFrom } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';

const counterLimit = 0x1000;

const randomBytes = 10;
/** Ids whose randomness is fetched at once: one by one it costs more than all the rest of an id. */
const stocked = 100;

/** `fill` puts randomness into the bytes; tests may replace it. */
export function eventIds(clock: Clock, fill: (bytes: Uint8Array) => void = (bytes) => randomFillSync(bytes)): () => EventId {
  const stock = new Uint8Array(stocked * randomBytes);
  let used = stock.length;
  let at = 0;
  let counter = 0;
  return () => {
    if (used === stock.length) {
      fill(stock);
      used = 0;
    }
    const random = stock.subarray(used, used + randomBytes);
    used += randomBytes;
    const now = clock.now();
    if (now > at) {
      at = now;
      // The top bit of the counter starts clear, so that a millisecond has room for 2,048 ids at least.
      counter = ((random[0]! << 8) | random[1]!) & 0x7ff;
    } else {
      counter += 1;
      if (counter === counterLimit) {
        // More ids than fit, or a clock that went back: borrow from the next millisecond rather than go backwards.
        at += 1;
        counter = 0;
      }
    }
    random[0] = counter >> 8;
    random[1] = counter & 0xff;
    return eventIdFrom(at, random);
  };
}

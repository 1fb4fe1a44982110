/** The timers of RFC 3261 §17 (table 4), in ms. */
import type { Timers } from '../timers.ts';

/** Round trip estimate. */
export const t1 = 500;
/** Longest pause between repetitions. */
export const t2 = 4_000;
/** How long a datagram may wander about. */
export const t4 = 5_000;
/** Timers B, D, F, H, J, L and M. */
export const patience = 64 * t1;

/** Why waits end before their time. One for all: a new one each time, with its stack, was a tenth of the CPU of a request. */
export const enough = new DOMException('No longer needed.', 'AbortError');

/** `act` must not throw. */
export function after(timers: Timers, length: number, signal: AbortSignal, act: () => void): void {
  timers.sleep(length, signal).then(act, () => undefined); // aborted: nobody waits for it any more
}

/** Each pause twice the one before, up to t2 (timers E and G). */
export const doubled = (pause: number): number => Math.min(2 * pause, t2);

/** `act` after t1, and then after `next` pauses, until `signal` aborts. */
export function repeat(timers: Timers, next: (pause: number) => number, signal: AbortSignal, act: () => void): void {
  const wait = (pause: number) =>
    after(timers, pause, signal, () => {
      act();
      wait(next(pause));
    });
  wait(t1);
}

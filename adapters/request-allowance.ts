/** A bucket of tokens: refilled by time, emptied by requests. */
import type { Clock } from '../gateway/domain/ports.ts';

export class RequestAllowance {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  /** `perSecond`: sustained; twice as many at once. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = perSecond * 2;
    this.#at = clock.monotonic();
  }

  /** False: there were too many. Those that are refused cost nothing: a flood is over when it ends. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#perSecond * 2, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

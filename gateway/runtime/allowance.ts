/** A bucket of tokens: refilled by time, emptied by whatever is asked or written. */
import type { Clock } from '../domain/ports.ts';

export class Allowance {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #perSecond: number;
  readonly #atOnce: number;
  #tokens: number;
  #at: number;

  /** `perSecond`: sustained; `atOnce`: after a pause, by default what two seconds bring. */
  constructor(clock: Pick<Clock, 'monotonic'>, perSecond: number, atOnce = 2 * perSecond) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#tokens = atOnce;
    this.#at = clock.monotonic();
  }

  /** False: there were too many. Those that are refused cost nothing: a flood is over when it ends. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#atOnce, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/**
 * Looks every few milliseconds at all that another thread may have laid down for this one. To be woken for each picture of each stream costs this
 * thread as much as to send it on; pages play some tenths of a second behind and do not see the difference.
 */
import type { Clock } from '../../domain/ports.ts';
import { millis } from '../../domain/time.ts';

const every = millis(8);

export class Rounds {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #looks = new Set<() => void>();
  #going = false;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** Calls `look` on every round, until disposed. */
  join(look: () => void): Disposable {
    this.#looks.add(look);
    if (!this.#going) void this.#go();
    return { [Symbol.dispose]: () => void this.#looks.delete(look) };
  }

  async #go(): Promise<void> {
    this.#going = true;
    try {
      while (this.#looks.size > 0) {
        await this.#clock.sleep(every);
        for (const look of this.#looks) look();
      }
    } finally {
      this.#going = false;
    }
  }
}

/** Those who wait for a stream to play. */
import type { Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class WaitingRoom {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get empty(): boolean {
    return this.#waiters.size === 0;
  }

  /** Until all are settled; rejects with `late()` when `patience` is over, and with the signal's reason. */
  async wait(patience: Millis, late: () => unknown, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void) => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', give);
        over.abort();
        settle();
      };
      const waiter: Waiter = {
        resolve: () => finish(resolve),
        reject: (error) => finish(() => reject(error)),
      };
      const give = () => waiter.reject(signal.aborted ? signal.reason : late());
      this.#waiters.add(waiter);
      signal.addEventListener('abort', give, { once: true });
      if (signal.aborted) give();
      this.#clock.sleep(patience, over.signal).then(give, () => undefined); // Aborted: it was settled before.
    });
  }

  /** `error`: why it does not play; undefined: it does. */
  settle(error: unknown): void {
    for (const waiter of [...this.#waiters]) {
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }
}

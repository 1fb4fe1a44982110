/** The only place that reads time or sets a timer. Everything else is given a `Clock`. */
import type { Clock } from '../domain/ports.ts';
import { instant, type Millis, millis } from '../domain/time.ts';

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => millis(performance.now()),
  sleep: (length, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abandon);
        resolve();
      }, length);
      const abandon = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abandon, { once: true });
    }),
  deadline: (length, signal) => {
    // Not AbortSignal.any over AbortSignal.timeout: Node 20 lets the garbage collector take such a signal, and then it never fires.
    const deadline = new AbortController();
    if (signal?.aborted) {
      deadline.abort(signal.reason);
      return deadline.signal;
    }
    const follow = () => {
      clearTimeout(timer);
      deadline.abort(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', follow);
        deadline.abort(timeoutError());
      },
      Math.max(0, Math.ceil(length)),
    );
    timer.unref();
    signal?.addEventListener('abort', follow, { once: true });
    return deadline.signal;
  },
};

const timeoutError = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');

/** A clock that moves only when told to: for tests of waits. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<{ readonly due: number; wake(): void }>();

  constructor(start = 1_760_000_000_000) {
    this.#now = start;
  }

  now() {
    return instant(this.#now);
  }

  monotonic() {
    return millis(this.#now);
  }

  sleep(length: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abandon = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        due: this.#now + length,
        wake: () => {
          signal?.removeEventListener('abort', abandon);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abandon, { once: true });
    });
  }

  deadline(length: Millis, signal?: AbortSignal): AbortSignal {
    const timeout = new AbortController();
    this.sleep(length, signal).then(
      () => timeout.abort(timeoutError()),
      () => undefined,
    );
    signal?.addEventListener('abort', () => timeout.abort(signal.reason), { once: true });
    return timeout.signal;
  }

  /** Moves time on and wakes whoever was due, in order, letting each run before the next. */
  async advance(length: Millis): Promise<void> {
    const end = this.#now + length;
    await settle();
    for (;;) {
      const next = [...this.#sleepers].filter((sleeper) => sleeper.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.due);
      this.#sleepers.delete(next);
      next.wake();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything that is ready run: several turns, as one awakening leads to the next. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

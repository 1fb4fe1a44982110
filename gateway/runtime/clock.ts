/** The only place that reads time or sets a timer. Everything else is given a `Clock`. */
import type { Clock } from '../domain/ports.ts';
import { type Instant, instant, type Millis, millis } from '../domain/time.ts';
import { type Linked, linked } from './linked.ts';

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
  deadline: (length, ...signals) => {
    const limit = linked(...signals);
    const timer = setTimeout(() => limit.abort(timeoutError()), Math.max(0, Math.ceil(length)));
    timer.unref();
    return ending(limit, () => clearTimeout(timer));
  },
};

const timeoutError = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');

/** The signal of a limit, which is its own owner; `ended` is told once of whatever ends it. */
function ending(limit: Linked, ended: () => void): AbortSignal & Disposable {
  if (limit.signal.aborted) ended();
  else limit.signal.addEventListener('abort', ended, { once: true });
  return Object.assign(limit.signal, { [Symbol.dispose]: () => limit[Symbol.dispose]() });
}

/** A clock that moves only when told to: for tests of waits. */
export class ManualClock implements Clock {
  #now: number;
  /** What the wall clock was set ahead of it. */
  #ahead = 0;
  readonly #sleepers = new Set<{ readonly due: number; wake(): void }>();

  constructor(start = 1_760_000_000_000) {
    this.#now = start;
  }

  /** How many waits are open. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  now() {
    return instant(this.#now + this.#ahead);
  }

  /** Somebody sets the wall clock; no time passes by that. */
  set(to: Instant): void {
    this.#ahead = to - this.#now;
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

  deadline(length: Millis, ...signals: readonly AbortSignal[]): AbortSignal & Disposable {
    const limit = linked(...signals);
    const over = new AbortController();
    this.sleep(length, over.signal).then(
      () => limit.abort(timeoutError()),
      () => undefined, // it ended before
    );
    return ending(limit, () => over.abort());
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

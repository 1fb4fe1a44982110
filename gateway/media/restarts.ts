/** Remembers for ten minutes that the media worker had to be replaced, and why; and for ever how often. */
import type { MediaEnd, MediaRestart } from '../domain/health.ts';
import type { Clock } from '../domain/ports.ts';
import { between, minutes } from '../domain/time.ts';

const remembered = minutes(10);

export class RecentRestarts {
  readonly #clock: Pick<Clock, 'now'>;
  #restarts: readonly MediaRestart[] = [];
  readonly #totals: Partial<Record<MediaEnd, number>> = {};

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Since the start, by cause. */
  get totals(): Readonly<Partial<Record<MediaEnd, number>>> {
    return this.#totals;
  }

  note(cause: MediaEnd): void {
    this.#totals[cause] = (this.#totals[cause] ?? 0) + 1;
    this.#restarts = [...this.recent(), { at: this.#clock.now(), cause }];
  }

  recent(): readonly MediaRestart[] {
    const now = this.#clock.now();
    this.#restarts = this.#restarts.filter(({ at }) => between(at, now) <= remembered);
    return this.#restarts;
  }
}

/** Remembers for ten minutes that the media worker had to be replaced, and why. */
import type { MediaEnd, MediaRestart } from '../domain/health.ts';
import type { Clock } from '../domain/ports.ts';
import { between, minutes } from '../domain/time.ts';

const remembered = minutes(10);

export class RecentRestarts {
  readonly #clock: Pick<Clock, 'now'>;
  #restarts: readonly MediaRestart[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  note(cause: MediaEnd): void {
    this.#restarts = [...this.recent(), { at: this.#clock.now(), cause }];
  }

  recent(): readonly MediaRestart[] {
    const now = this.#clock.now();
    this.#restarts = this.#restarts.filter(({ at }) => between(at, now) <= remembered);
    return this.#restarts;
  }
}

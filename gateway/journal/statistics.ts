/** Counts of the journal, cheap enough to keep always: `/metrics` and the benches read them. */
import type { Millis } from '../domain/time.ts';

/** Upper bounds of the commit histogram, ms. */
export const commitBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

export interface CommitFigures {
  readonly batches: number;
  /** Operations of all batches. */
  readonly rows: number;
  readonly failures: number;
  /** Batch sent to the thread → COMMIT returned, ms. `counts[i]` are those of at most `commitBuckets[i]`, cumulative as Prometheus wants. */
  readonly commit: { readonly sum: number; readonly count: number; readonly counts: readonly number[] };
}

export class CommitStatistics {
  #batches = 0;
  #rows = 0;
  #failures = 0;
  #sum = 0;
  readonly #counts: number[] = commitBuckets.map(() => 0);

  add(rows: number, took: Millis): void {
    this.#batches += 1;
    this.#rows += rows;
    this.#sum += took;
    for (const [index, bound] of commitBuckets.entries()) if (took <= bound) this.#counts[index]! += 1;
  }

  failed(): void {
    this.#failures += 1;
  }

  figures(): CommitFigures {
    return {
      batches: this.#batches,
      rows: this.#rows,
      failures: this.#failures,
      commit: { sum: this.#sum, count: this.#batches, counts: [...this.#counts] },
    };
  }
}

/** How long each hop of an event takes: a histogram for ever, and exact quantiles of the last thousand. One of each per hop and uplink. */
import type { Hop } from '../../domain/delivery.ts';
import type { UplinkId } from '../../domain/ids.ts';
import type { Millis } from '../../domain/time.ts';
import type { DurationHistogram } from '../ports.ts';

/** Seconds. The promises: 40 ms on loopback, 1 s and 2 s on a line, 15 s before the school must phone. */
const bounds = [0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1, 2, 5, 15, 60, 600] as const;
const recent = 1_024;
const quantiles = [0.5, 0.95, 0.99] as const;

interface HopFigures {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
  count: number;
  /** A ring of the last ones, seconds. */
  readonly last: Float64Array;
}

export class HopTimes {
  readonly #byPath = new Map<string, HopFigures>();

  add({ hop, took, uplink }: { readonly hop: Hop; readonly took: Millis; readonly uplink?: UplinkId }): void {
    const path = uplink === undefined ? hop : `${hop} ${uplink}`;
    let own = this.#byPath.get(path);
    if (!own) {
      const labels = uplink === undefined ? { hop } : { hop, uplink };
      own = { labels, counts: bounds.map(() => 0), sum: 0, count: 0, last: new Float64Array(recent) };
      this.#byPath.set(path, own);
    }
    const length = Math.max(0, took) / 1_000;
    own.last[own.count % recent] = length;
    own.sum += length;
    own.count += 1;
    // Six hops of each alarm: no pair is made for each bound.
    for (let index = bounds.length - 1; index >= 0 && length <= bounds[index]!; index -= 1) own.counts[index]! += 1;
  }

  figures(): readonly DurationHistogram[] {
    return [...this.#byPath.values()].map(({ labels, counts, sum, count, last }) => {
      const sorted = last.slice(0, Math.min(count, recent)).sort();
      return {
        ...{ labels, bounds, sum, count },
        counts: [...counts],
        quantiles: quantiles.map((quantile) => ({ quantile, value: sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0 })),
      };
    });
  }
}

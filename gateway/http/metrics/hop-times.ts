/** How long an event takes from its COMMIT until the far side acknowledged it: one histogram per uplink. */
import type { UplinkId } from '../../domain/ids.ts';
import type { Millis } from '../../domain/time.ts';
import type { DurationHistogram } from '../ports.ts';

/** Seconds. The promises: 40 ms on loopback, 1 s and 2 s on a line, 15 s before the school must phone. */
const bounds = [0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1, 2, 5, 15, 60, 600] as const;

export class HopTimes {
  readonly #byUplink = new Map<string, { readonly counts: number[]; sum: number; count: number }>();

  /** Journalled → accepted of one delivery. */
  accepted(uplink: UplinkId, took: Millis): void {
    const own = this.#byUplink.get(uplink) ?? { counts: bounds.map(() => 0), sum: 0, count: 0 };
    this.#byUplink.set(uplink, own);
    const length = Math.max(0, took) / 1_000;
    own.sum += length;
    own.count += 1;
    for (const [index, bound] of bounds.entries()) if (length <= bound) own.counts[index]! += 1;
  }

  figures(): readonly DurationHistogram[] {
    return [...this.#byUplink].map(([uplink, { counts, sum, count }]) => ({
      labels: { hop: 'accepted', uplink },
      bounds,
      counts: [...counts],
      sum,
      count,
    }));
  }
}

/** The spans since the last keyframe: what a viewer that joins now must see first. */
import type { AccessUnit } from './access-unit.ts';

export class GopCache {
  readonly #most: number;
  #units: AccessUnit[] = [];
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get units(): readonly AccessUnit[] {
    return this.#units;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(unit: AccessUnit): void {
    if (unit.keyframe) this.clear();
    else if (this.#units.length === 0) return;
    this.#units.push(unit);
    this.#bytes += unit.wire.length;
    // Half a group is of no use: drop it whole, and start again with the next keyframe.
    if (this.#bytes > this.#most) this.clear();
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}

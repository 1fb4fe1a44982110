/** The spans since the last keyframe: what a viewer that joins now must see first. */
import { GroupBuffer } from '../runtime/group-buffer.ts';
import type { AccessUnit } from './access-unit.ts';

type Entry = Omit<AccessUnit, 'wire'> & { readonly end: number };

export class GopCache {
  readonly #most: number;
  readonly #wire = new GroupBuffer();
  #entries: Entry[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Their wires lie side by side. */
  get units(): readonly AccessUnit[] {
    let start = 0;
    return this.#entries.map(({ end, track, packets, ticks, capturedAt, keyframe, starts, ends }) => {
      const wire = this.#wire.lend(start, end);
      start = end;
      return { track, wire, packets, ticks, capturedAt, keyframe, starts, ends };
    });
  }

  get bytes(): number {
    return this.#wire.length;
  }

  push({ track, wire, packets, ticks, capturedAt, keyframe, starts, ends }: AccessUnit): void {
    if (keyframe) this.clear();
    else if (this.#entries.length === 0) return;
    // Half a group is of no use: drop it whole, and start again with the next keyframe.
    if (this.#wire.length + wire.length > this.#most) {
      this.clear();
      return;
    }
    this.#wire.append(wire);
    this.#entries.push({ track, packets, ticks, capturedAt, keyframe, starts, ends, end: this.#wire.length });
  }

  clear(): void {
    this.#entries = [];
    this.#wire.clear();
  }
}

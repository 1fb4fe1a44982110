/**
 * The seconds before now of one stream, in memory: what an alarm will be shown with. Whole picture groups only, as the camera's own packets;
 * the oldest keyframe is at least as old as asked for, once the ring is full.
 */
import type { RingState } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';

interface Group {
  readonly units: AccessUnit[];
  /** Of its keyframe's arrival, monotonic. */
  readonly beganAt: number;
  bytes: number;
}

export class RecorderRing {
  readonly #clock: Clock;
  readonly #length: Millis;
  /** Bytes, beyond which it stays shorter than asked for. */
  most: number;
  #groups: Group[] = [];
  #bytes = 0;
  /** When the pictures that follow one another without a break began, monotonic. */
  #unbrokenFrom: number | undefined;

  /** `length`: how far back it must reach. */
  constructor(clock: Clock, length: Millis, most: number) {
    this.#clock = clock;
    this.#length = length;
    this.most = most;
  }

  push(unit: AccessUnit): void {
    const now = this.#clock.monotonic();
    if (unit.keyframe) {
      this.#groups.push({ units: [], beganAt: now, bytes: 0 });
      this.#unbrokenFrom ??= now;
    }
    const newest = this.#groups.at(-1);
    if (!newest) return;
    newest.units.push(unit);
    newest.bytes += unit.wire.length;
    this.#bytes += unit.wire.length;
    // The second oldest reaches far enough by itself: then the oldest is the one group that is kept beyond the length.
    while (this.#groups.length > 2 && now - this.#groups[1]!.beganAt >= this.#length) this.#drop();
    while (this.#bytes > this.most && this.#groups.length > 0) this.#drop();
  }

  /** Everything that is kept, oldest first; begins with a keyframe. */
  units(): readonly AccessUnit[] {
    return this.#groups.flatMap(({ units }) => units);
  }

  /** How far back the pictures reach without a gap, from now. */
  state(): RingState {
    const oldest = this.#groups[0]?.beganAt;
    const from = oldest === undefined || this.#unbrokenFrom === undefined ? undefined : Math.max(oldest, this.#unbrokenFrom);
    return { reach: millis(from === undefined ? 0 : this.#clock.monotonic() - from), wanted: this.#length, bytes: this.#bytes };
  }

  /** The camera went away. What is kept stays: it may be all that there is to show. But a ring with a gap does not pass for a full one. */
  interrupt(): void {
    this.#unbrokenFrom = undefined;
  }

  #drop(): void {
    this.#bytes -= this.#groups.shift()!.bytes;
  }
}

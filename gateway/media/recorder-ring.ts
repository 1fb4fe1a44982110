/**
 * The seconds before now of one stream, in memory: what an alarm will be shown with. Whole picture groups only, as the camera's own packets;
 * the oldest keyframe is at least as old as asked for, once the ring is full.
 */
import type { RingState } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, seconds } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';

interface Group {
  readonly units: AccessUnit[];
  /** When each came, monotonic. */
  readonly arrivals: number[];
  /** Of its keyframe's arrival, monotonic. */
  readonly beganAt: number;
  bytes: number;
}

/** A longer time without pictures is a break. */
export const longestStep = seconds(2);

/** Takes what the ring is given, with the moment of its arrival, monotonic. */
export type RingFollower = (unit: AccessUnit, at: number) => void;

export class RecorderRing {
  readonly #clock: Clock;
  readonly #length: Millis;
  /** Bytes, beyond which it stays shorter than asked for. */
  most: number;
  #groups: Group[] = [];
  readonly #followers = new Set<RingFollower>();
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
      this.#groups.push({ units: [], arrivals: [], beganAt: now, bytes: 0 });
      this.#unbrokenFrom ??= now;
    }
    for (const take of this.#followers) take(unit, now);
    const newest = this.#groups.at(-1);
    if (!newest) return;
    newest.units.push(unit);
    newest.arrivals.push(now);
    newest.bytes += unit.wire.length;
    this.#bytes += unit.wire.length;
    // The second oldest reaches far enough by itself: then the oldest is the one group that is kept beyond the length.
    while (this.#groups.length > 2 && now - this.#groups[1]!.beganAt >= this.#length) this.#drop();
    while (this.#bytes > this.most && this.#groups.length > 0) this.#drop();
  }

  /** The newest group, which may still grow, or the newest that had begun by then, monotonic; the oldest, where none had. Undefined: there is none. */
  newest(until = Number.POSITIVE_INFINITY): readonly AccessUnit[] | undefined {
    return (this.#groups.findLast(({ beganAt }) => beganAt <= until) ?? this.#groups[0])?.units;
  }

  /** Everything that is kept, oldest first; begins with a keyframe. */
  units(): readonly AccessUnit[] {
    return this.#groups.flatMap(({ units }) => units);
  }

  /** What is kept of the last so many ms, from the keyframe before them on, and from now on all that comes. */
  follow(reach: Millis, take: RingFollower): Disposable {
    const begin = this.#clock.monotonic() - reach;
    const before = this.#groups.findLastIndex(({ beganAt }) => beganAt <= begin);
    // What a camera left that has been gone for days is no beginning.
    const connects = (this.#groups[before]?.arrivals.at(-1) ?? 0) >= begin - longestStep;
    for (const { units, arrivals } of this.#groups.slice(connects ? before : before + 1)) {
      for (const [index, unit] of units.entries()) take(unit, arrivals[index]!);
    }
    this.#followers.add(take);
    return { [Symbol.dispose]: () => void this.#followers.delete(take) };
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

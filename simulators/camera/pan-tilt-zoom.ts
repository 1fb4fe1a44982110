/** A head that really moves: its position follows from what it was told and the time since. */
import type { Clock } from '../../gateway/domain/ports.ts';

/** Pan and tilt from -1 to 1, zoom from 0 to 1: the generic spaces of ONVIF PTZ §5.4. */
export interface Position {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

export type Axis = keyof Position;
export const axes: readonly Axis[] = ['pan', 'tilt', 'zoom'];
const ranges: Readonly<Record<Axis, readonly [number, number]>> = { pan: [-1, 1], tilt: [-1, 1], zoom: [0, 1] };
/** Units a second at full speed: from one end to the other in four seconds. */
const fullSpeed = 0.5;

interface Motion {
  /** Units a second, with sign. */
  readonly speed: number;
  readonly target: number;
  /** Clock.monotonic() at which it stops by itself. */
  readonly until: number;
}

export class PanTiltZoom {
  readonly #clock: Clock;
  readonly #at: Record<Axis, number> = { pan: 0, tilt: 0, zoom: 0 };
  readonly #motions = new Map<Axis, Motion>();
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  get position(): Position {
    this.#follow();
    return { ...this.#at };
  }

  moving(axis: Axis): boolean {
    this.#follow();
    return this.#motions.has(axis);
  }

  /** Share of the full speed per axis, -1 to 1; zero stops that axis, an axis that is not named goes on. Ends after `length` ms. */
  drive(velocity: Partial<Position>, length: number): void {
    this.#follow();
    for (const axis of axes) {
      const share = velocity[axis];
      if (share === undefined) continue;
      if (share === 0) this.#motions.delete(axis);
      else this.#motions.set(axis, { speed: share * fullSpeed, target: ranges[axis][share > 0 ? 1 : 0], until: this.#since + length });
    }
  }

  /** Goes there at a share of the full speed. The caller has checked the range. */
  goTo(target: Partial<Position>, share = 1): void {
    this.#follow();
    for (const axis of axes) {
      const to = target[axis];
      if (to === undefined) continue;
      const [least, most] = ranges[axis];
      const end = Math.min(most, Math.max(least, to));
      const speed = Math.sign(end - this.#at[axis]) * fullSpeed * share;
      if (speed === 0) this.#motions.delete(axis);
      else this.#motions.set(axis, { speed, target: end, until: Number.POSITIVE_INFINITY });
    }
  }

  goBy(step: Partial<Position>, share = 1): void {
    const from = this.position;
    this.goTo(Object.fromEntries(axes.flatMap((axis) => (step[axis] === undefined ? [] : [[axis, from[axis] + step[axis]]]))), share);
  }

  stop(which: readonly Axis[]): void {
    this.#follow();
    for (const axis of which) this.#motions.delete(axis);
  }

  #follow(): void {
    const now = this.#clock.monotonic();
    for (const [axis, { speed, target, until }] of this.#motions) {
      const reached = this.#at[axis] + (speed * (Math.min(now, until) - this.#since)) / 1_000;
      const past = speed > 0 ? reached >= target : reached <= target;
      this.#at[axis] = past ? target : reached;
      if (past || now >= until) this.#motions.delete(axis);
    }
    this.#since = now;
  }
}

export function inRange(axis: Axis, place: number): boolean {
  const [least, most] = ranges[axis];
  return place >= least && place <= most;
}

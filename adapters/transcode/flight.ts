/** Pictures that went into ffmpeg and have not come out: when each was taken, whether ffmpeg keeps up, and whether it works at all. */
import { type Instant, type Millis, millis, seconds } from '../../gateway/domain/time.ts';

interface Flying {
  readonly at: Millis;
  readonly capturedAt: Instant;
  /** Monotonic. */
  readonly fedAt: Millis;
}

/** With a picture in flight for longer, no more go in until it has caught up, and then from a keyframe on. */
const late = seconds(3);
const caughtUp = seconds(1);
/** So much of a stream must be in flight before silence means anything: ffmpeg leaves out pictures of fast cameras. */
const enough = millis(500);
const stuckAfter = seconds(5);
const stuckAtStartAfter = seconds(10);

export class Flight {
  readonly #monotonic: () => Millis;
  #flying: Flying[] = [];
  #skipping = false;
  #landed = false;

  constructor(monotonic: () => Millis) {
    this.#monotonic = monotonic;
  }

  /** The time of the picture that went in last. */
  get newest(): Millis {
    return this.#flying.at(-1)?.at ?? millis(0);
  }

  /** Nothing came out for longer than anybody should wait, although pictures went in. */
  get stuck(): boolean {
    const [first] = this.#flying;
    return first !== undefined && this.newest - first.at >= enough && this.#lag() > (this.#landed ? stuckAfter : stuckAtStartAfter);
  }

  /** Is this picture to go in? Then it flies. */
  take({ at, capturedAt, keyframe }: { readonly at: Millis; readonly capturedAt: Instant; readonly keyframe: boolean }): boolean {
    const lag = this.#lag();
    if (lag > late) this.#skipping = true;
    else if (keyframe && lag <= caughtUp) this.#skipping = false;
    if (this.#skipping) return false;
    this.#flying.push({ at, capturedAt, fedAt: this.#monotonic() });
    return true;
  }

  /** A picture came out, and with it every earlier one has: when it was taken. Undefined for one that never went in. */
  land(at: number): Instant | undefined {
    let landed: Flying | undefined;
    while (this.#flying[0] && this.#flying[0].at <= at) landed = this.#flying.shift();
    this.#landed ||= landed !== undefined;
    return landed?.capturedAt;
  }

  #lag(): number {
    const [first] = this.#flying;
    return first ? this.#monotonic() - first.fedAt : 0;
  }
}

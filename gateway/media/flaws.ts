/** Which flaws of a stream stand. One slip is none: what comes several times within a minute is. */
import { type StreamFlaw, type StreamSlip, streamSlips } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';

const window = 60_000;
/** So often within the window. */
const enough = { garbage: 3, timestamps: 3, formats: 4, interruptions: 3 } as const satisfies Record<StreamSlip, number>;

export class Flaws {
  readonly #clock: Clock;
  readonly #keyframeWithin: Millis;
  /** The newest times, the oldest first; at most `enough` of each. */
  readonly #times: Record<StreamSlip, number[]> = { garbage: [], timestamps: [], formats: [], interruptions: [] };
  #unreadable = false;
  #packetsAt: number | undefined;
  #keyframeAt: number | undefined;

  /** `keyframeWithin`: packets that come for longer without a keyframe are a flaw. */
  constructor(clock: Clock, keyframeWithin: Millis) {
    this.#clock = clock;
    this.#keyframeWithin = keyframeWithin;
  }

  note(slip: StreamSlip): void {
    const times = this.#times[slip];
    times.push(this.#clock.monotonic());
    if (times.length > enough[slip]) times.shift();
  }

  /** The newest parameter sets can, or cannot, be read. */
  parameterSets(readable: boolean): void {
    this.#unreadable = !readable;
  }

  /** Video came, at `now` in monotonic ms. */
  video(keyframe: boolean, now: number): void {
    this.#packetsAt = now;
    if (keyframe || this.#keyframeAt === undefined) this.#keyframeAt = now;
  }

  /** The session with the camera is over. */
  interrupt(): void {
    if (this.#packetsAt !== undefined) this.note('interruptions');
    this.#packetsAt = undefined;
    this.#keyframeAt = undefined;
  }

  standing(): readonly StreamFlaw[] {
    const since = this.#clock.monotonic() - window;
    const flaws: StreamFlaw[] = streamSlips.filter((slip) => {
      const times = this.#times[slip];
      return times.length === enough[slip] && times[0]! >= since;
    });
    if (this.#unreadable) flaws.push('parameter-sets');
    if (this.#packetsAt !== undefined && this.#packetsAt - this.#keyframeAt! > this.#keyframeWithin) flaws.push('no-keyframe');
    return flaws;
  }
}

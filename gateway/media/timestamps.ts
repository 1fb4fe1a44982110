/** Turns a camera's 32-bit RTP timestamps into one line of ticks that never jumps, over reconnects too. */

/** A step of more than this many seconds, either way, is a camera that set its counter anew, not a pause. */
const longestStep = 10;

export class Timeline {
  readonly #rate: number;
  #last: { readonly rtp: number; readonly ticks: number; readonly at: number } | undefined;
  #restarted = false;
  readonly #jumped: () => void;

  /** `jumped`: told when the camera set its counter anew within a session. */
  constructor(clockRate: number, jumped: () => void = () => undefined) {
    this.#rate = clockRate;
    this.#jumped = jumped;
  }

  /** The next timestamp belongs to a new session of the camera: it goes on where the old one stopped, plus the time between. */
  restart(): void {
    this.#restarted = true;
  }

  /**
   * Ticks of an RTP timestamp that arrived at `at` (ms, monotonic). The first one is itself;
   * later ones differ from it by what the camera's clock moved. May go back where pictures are sent out of order.
   */
  place(rtp: number, at: number): number {
    const last = this.#last;
    if (!last) {
      this.#restarted = false;
      this.#last = { rtp, ticks: rtp, at };
      return rtp;
    }
    let step = (rtp - last.rtp) | 0;
    const jump = Math.abs(step) > longestStep * this.#rate;
    if (jump && !this.#restarted) this.#jumped();
    if (this.#restarted || jump) step = Math.max(1, Math.round(((at - last.at) * this.#rate) / 1000));
    this.#restarted = false;
    this.#last = { rtp, ticks: last.ticks + step, at };
    return last.ticks + step;
  }
}

/** Decode times for a muxer that knows no reordering: strictly growing, with the length of the step as the guess for the next. */
export class DecodeTimes {
  #base: number | undefined;
  #last = 0;
  #step: number;
  readonly #longest: number;

  constructor(clockRate: number, framesPerSecond: number | undefined) {
    this.#step = Math.round(clockRate / (framesPerSecond ?? 25));
    this.#longest = clockRate * 2;
  }

  /** Decode time from the first picture on, and how long it is likely to last. */
  next(ticks: number): { readonly decodeTime: number; readonly duration: number } {
    if (this.#base === undefined) {
      this.#base = ticks;
      this.#last = 0;
      return { decodeTime: 0, duration: this.#step };
    }
    const decodeTime = Math.max(this.#last + 1, ticks - this.#base);
    const step = decodeTime - this.#last;
    if (step > 1 && step <= this.#longest) this.#step = step;
    this.#last = decodeTime;
    return { decodeTime, duration: this.#step };
  }
}

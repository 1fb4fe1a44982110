/** Turns a camera's 32-bit RTP timestamps into one line of ticks that never jumps, over reconnects too. */

/** A step of more than this many seconds, forward or back, is a camera that set its counter anew, neither a pause nor a picture out of order. */
const longestStep = 10;
const longestStepBack = 2;

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
    const jump = step > longestStep * this.#rate || step < -longestStepBack * this.#rate;
    if (jump && !this.#restarted) this.#jumped();
    if (this.#restarted || jump) step = Math.max(1, Math.round(((at - last.at) * this.#rate) / 1000));
    this.#restarted = false;
    this.#last = { rtp, ticks: last.ticks + step, at };
    return last.ticks + step;
  }
}

/** The most pictures that one may be sent out of its place (the DPB holds 16: H.264 §A.3.1, H.265 §A.4.2). */
const mostReordering = 16;

export interface PictureTimes {
  /** Ticks from the first picture on; growing, and never by more than twice the length of the picture before, but for keyframes. */
  readonly decodeTime: number;
  /** Ticks from being decoded to being shown. */
  readonly offset: number;
  /** How long it is likely to last. */
  readonly duration: number;
}

/**
 * When a file's pictures are decoded and shown. Browsers throw away everything up to the next keyframe after a decode time that goes back, or on
 * by more than twice the length of the picture before (Media Source Extensions, coded frame processing): where pictures are missing, come at
 * odd times or out of order, the decode times go their own even way, and the offsets keep each picture at its own time.
 */
export class DecodeTimes {
  readonly #longestStep: number;
  #reordering = 0;
  #duration: number;
  /** Ticks of the camera at decode time 0. */
  #origin: number | undefined;
  #decoded = -1;
  /** When the picture would be decoded that was decoded last, if only its time counted; and when the latest one is shown. */
  #due = 0;
  #shown = -1;
  /** When the pictures that were sent last are shown, in that order: the earliest is when the next one is decoded. */
  #waiting: number[] = [];

  constructor(clockRate: number, framesPerSecond: number | undefined) {
    this.#longestStep = clockRate * 2;
    this.#duration = Math.round(clockRate / (framesPerSecond ?? 25));
  }

  /** At most so many pictures that are shown later are sent before a picture. Only ever grows. */
  reorder(pictures: number): void {
    this.#reordering = Math.min(mostReordering, Math.max(this.#reordering, pictures));
  }

  next(ticks: number, keyframe: boolean): PictureTimes {
    const ahead = this.#reordering * this.#duration;
    const begins = this.#origin === undefined;
    this.#origin ??= ticks - ahead;
    let shown = ticks - this.#origin;
    // A clock that trembles is no reordering: what is sent later is shown later.
    if (this.#reordering === 0) shown = Math.max(this.#shown + 1, shown);
    const anew = begins || (keyframe && shown - this.#shown > this.#longestStep);
    if (anew) this.#waiting = Array.from({ length: this.#reordering }, (_, place) => shown - ahead + place * this.#duration);
    const due = this.#queue(shown);
    const most = keyframe ? Number.POSITIVE_INFINITY : this.#decoded + 2 * this.#duration - 1;
    const decodeTime = Math.max(this.#decoded + 1, Math.min(due, most));
    const step = due - this.#due;
    // Of several pictures, so that a missing one does not change it much.
    if (!anew && step > 1 && step <= this.#longestStep) this.#duration += Math.round((step - this.#duration) / 4);
    this.#due = due;
    this.#shown = Math.max(this.#shown, shown);
    this.#decoded = decodeTime;
    return { decodeTime, offset: shown - decodeTime, duration: this.#duration };
  }

  /** The n-th picture is decoded when the n-th one is shown, `reordering` pictures earlier. */
  #queue(shown: number): number {
    this.#waiting.splice(this.#waiting.findLastIndex((other) => other <= shown) + 1, 0, shown);
    return this.#waiting.length > this.#reordering ? this.#waiting.shift()! : this.#decoded + 1;
  }
}

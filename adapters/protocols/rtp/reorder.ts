/** Puts the datagrams of one RTP stream in order again, within narrow bounds: a few packets, a few milliseconds. No object per packet. */

/** Power of two; how many sequence numbers a packet may be early. */
const window = 64;
const mask = window - 1;
/** Later than this many numbers, or that many late ones in a row, are no stragglers but a camera that counts anew. */
const latestStraggler = 1_000;
const mostStragglers = 16;

/** Takes the packet at bytes[start, end). */
type ReorderOut = (bytes: Buffer, start: number, end: number) => void;

export class ReorderBuffer {
  readonly #out: ReorderOut;
  readonly #headLength: number;
  readonly #bytes: (Buffer | undefined)[] = new Array(window).fill(undefined);
  readonly #starts = new Int32Array(window);
  readonly #ends = new Int32Array(window);
  #ssrc = -1;
  #next = -1;
  #parked = 0;
  /** When the oldest parked packet came. */
  #since = 0;
  #lateInRow = 0;
  /** Stragglers and duplicates that came too late to be of use. */
  late = 0;

  /** `headLength`: bytes before the RTP header of each packet. */
  constructor(out: ReorderOut, headLength: number) {
    this.#out = out;
    this.#headLength = headLength;
  }

  /** Since when packets wait for an earlier one, ms; undefined: none does. */
  get waitingSince(): number | undefined {
    return this.#parked > 0 ? this.#since : undefined;
  }

  /** Takes the packet at bytes[start, end), its head included; the bytes are kept until it is handed on. */
  accept(bytes: Buffer, start: number, end: number, now: number): void {
    const header = start + this.#headLength;
    const sequence = bytes.readUInt16BE(header + 2);
    const ssrc = bytes.readUInt32BE(header + 8);
    if (ssrc !== this.#ssrc) {
      this.release();
      this.#ssrc = ssrc;
      this.#next = sequence;
    }
    let early = (sequence - this.#next) & 0xffff;
    if (early >= 0x8000) {
      this.#lateInRow += 1;
      if (early > 0x10000 - latestStraggler && this.#lateInRow < mostStragglers) {
        this.late += 1;
        return;
      }
      early = window;
    }
    this.#lateInRow = 0;
    if (early >= window) {
      // Beyond the window: what lies between is lost, or the camera counts anew.
      this.release();
      this.#next = sequence;
      early = 0;
    }
    if (early === 0) {
      this.#next = (sequence + 1) & 0xffff;
      this.#out(bytes, start, end);
      if (this.#parked > 0) this.#drain();
      return;
    }
    const slot = sequence & mask;
    if (this.#bytes[slot]) {
      this.late += 1;
      return;
    }
    if (this.#parked === 0) this.#since = now;
    this.#bytes[slot] = bytes;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#parked += 1;
  }

  /** Waits no longer: hands on everything that is parked. */
  release(): void {
    while (this.#parked > 0) {
      if (!this.#bytes[this.#next & mask]) this.#next = (this.#next + 1) & 0xffff;
      else this.#drain();
    }
  }

  #drain(): void {
    for (;;) {
      const slot = this.#next & mask;
      const bytes = this.#bytes[slot];
      if (!bytes) return;
      this.#bytes[slot] = undefined;
      this.#parked -= 1;
      this.#next = (this.#next + 1) & 0xffff;
      this.#out(bytes, this.#starts[slot]!, this.#ends[slot]!);
    }
  }
}

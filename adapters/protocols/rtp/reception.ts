/** What a receiver report says of one track (RFC 3550 §6.4.1, A.1, A.3, A.8), counted in place: no object per packet. */
import type { ReportBlock, SenderReport } from './rtcp.ts';

/** Packets of another SSRC in a row before the announced one counts as a mistake. */
const foreignPatience = 32;
/** A step of more than this many sequence numbers is a camera that counts anew. */
const longestGap = 3_000;
/** `delaySinceLastSenderReport` counts in 1/65536 s. */
const delayUnits = 65.536;

export class Reception {
  readonly #clockRate: number;
  /** What the answer to SETUP announced. It may be wrong; once it is seen, everything else is an old session's rest (onvif-rtsp §3.2 quirk 13). */
  readonly #announced: number;
  #proved = false;
  #foreign = 0;
  #ssrc = -1;
  #first = 0;
  /** Highest sequence number, with the number of its turns above 16 bits. */
  #highest = 0;
  #received = 0;
  #timestamp = -1;
  #transit: number | undefined;
  #jitter = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #report: { readonly middle: number; readonly at: number } | undefined;

  constructor(clockRate: number, announced = -1) {
    this.#clockRate = clockRate;
    this.#announced = announced;
  }

  /** Counts the RTP packet at bytes[start, end); false: it is none, or not of this session. `monotonic` in ms is asked once per timestamp. */
  take(bytes: Buffer, start: number, end: number, monotonic: () => number): boolean {
    if (end - start < 12 || bytes[start]! >> 6 !== 2) return false;
    const ssrc = bytes.readUInt32BE(start + 8);
    if (this.#announced >= 0 && !this.#mayPass(ssrc)) return false;
    const sequence = bytes.readUInt16BE(start + 2);
    const step = (sequence - this.#highest) & 0xffff;
    if (ssrc !== this.#ssrc || (step > longestGap && step < 0x10000 - longestGap)) this.#begin(ssrc, sequence);
    else if (step < 0x8000) this.#highest += step;
    this.#received += 1;
    const timestamp = bytes.readUInt32BE(start + 4);
    if (timestamp !== this.#timestamp) this.#measureJitter(timestamp, monotonic());
    return true;
  }

  /** A sender report that arrived at `now`, ms. */
  reported({ ssrc, middle }: SenderReport, now: number): void {
    if (ssrc === this.#ssrc) this.#report = { middle, at: now };
  }

  /** The report block of the time since the last call; undefined while nothing has come. */
  block(now: number): ReportBlock | undefined {
    if (this.#ssrc < 0) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedSince = expected - this.#expectedBefore;
    const lostSince = expectedSince - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedSince > 0 && lostSince > 0 ? Math.min(255, Math.floor((lostSince * 256) / expectedSince)) : 0,
      // 24 bits, signed: duplicates make it negative.
      lost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter),
      lastSenderReport: this.#report?.middle ?? 0,
      delaySinceLastSenderReport: this.#report ? Math.round((now - this.#report.at) * delayUnits) : 0,
    };
  }

  #mayPass(ssrc: number): boolean {
    if (ssrc === this.#announced) {
      this.#proved = true;
      this.#foreign = 0;
      return true;
    }
    if (!this.#proved) return true;
    this.#foreign += 1;
    if (this.#foreign < foreignPatience) return false;
    // An encoder that was restarted has a new SSRC, and nobody announces it.
    this.#proved = false;
    return true;
  }

  #begin(ssrc: number, sequence: number): void {
    if (ssrc !== this.#ssrc) this.#report = undefined;
    this.#ssrc = ssrc;
    this.#first = sequence;
    this.#highest = sequence;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#timestamp = -1;
    this.#transit = undefined;
  }

  #measureJitter(timestamp: number, now: number): void {
    this.#timestamp = timestamp;
    const transit = (now * this.#clockRate) / 1000 - timestamp;
    const difference = this.#transit === undefined ? 0 : Math.abs(transit - this.#transit);
    this.#transit = transit;
    // A difference of many seconds is a jump of the counter, not jitter.
    if (difference < this.#clockRate * 10) this.#jitter += (difference - this.#jitter) / 16;
  }
}

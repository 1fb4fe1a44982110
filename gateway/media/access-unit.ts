/**
 * Cuts a camera's packets into access units: spans of whole interleaved RTP packets that end with the marker bit.
 * A viewer gets a span in one write; nothing here makes an object per video packet (performance §6, §8).
 */
import { trackChannels, type WireSpan } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import { PictureOrder } from './picture-order.ts';
import type { VideoTools } from './ports.ts';
import { frameHead, packetIs, RtpLine, shortestPacket } from './rtp-line.ts';
import type { CameraClock } from './wall-clock.ts';

export type AccessUnit = WireSpan;

/** What both cutters count, for sender reports and telemetry. */
interface Counted {
  readonly line: RtpLine;
  readonly packets: number;
  readonly octets: number;
}

/** Safety flushes, for streams without markers or with lost ones. */
const mostBytes = 128 * 1024;
const mostMillis = 40;
/** Room for a small picture. */
const leastBytes = 16 * 1024;
const nothing = Buffer.alloc(0);

export interface VideoListener {
  /** Its bytes are there until it returns. */
  unit(unit: AccessUnit): void;
  /** The camera has set its timestamps anew. */
  jumped(): void;
  /** More than was known, pictures are sent in another order than they are shown in. */
  reorders(): void;
}

export class VideoCutter implements Counted {
  readonly line: RtpLine;
  readonly #clock: Clock;
  readonly #listener: VideoListener;
  readonly #order = new PictureOrder();
  #video: VideoTools | undefined;
  // The span that grows: what is kept of earlier reads, then packets that lie side by side where they were read.
  #kept: Buffer = nothing;
  #size = 0;
  #read: Buffer = nothing;
  #from = 0;
  #to = 0;
  /** Where in the span the newest packet begins. */
  #last = 0;
  #packets = 0;
  #began = 0;
  #ticks = 0;
  #capturedAt: Instant | undefined;
  #starts = true;
  #key = false;
  #keySeen = false;
  packets = 0;
  octets = 0;

  constructor(clock: Clock, camera: CameraClock, listener: VideoListener) {
    this.line = new RtpLine(clock, trackChannels.video, () => listener.jumped(), camera);
    this.#clock = clock;
    this.#listener = listener;
  }

  /** So many pictures that are shown later may be sent before a picture, as far as was seen. */
  get reordering(): number {
    return this.#order.reordering;
  }

  /** A new session with the camera. Returns the payload type that viewers know. */
  begin(track: { readonly payloadType: number; readonly clockRate: number }, video: VideoTools): number {
    this.flush(false);
    this.#video = video;
    return this.line.begin(track);
  }

  packet(bytes: Buffer, start: number, end: number): void {
    const is = this.line.accept(bytes, start, end);
    if (is === packetIs.foreign) return;
    const marker = (bytes[start + 5]! & 0x80) !== 0;
    if (is === packetIs.newTime) {
      // A picture ends with its timestamp too: markers are forgotten, or set on parameter sets (quirk 19).
      this.flush(false);
      this.#ticks = this.line.ticks;
      this.#capturedAt = this.line.capturedAt;
      this.#starts = true;
      this.#keySeen = false;
      if (this.#order.sent(this.#ticks)) this.#listener.reorders();
    }
    if (this.#packets === 0) this.#began = is === packetIs.newTime ? this.line.arrivedAt : this.#clock.monotonic();
    this.#append(bytes, start, end);
    if (!this.#key && !this.#keySeen && this.#video!.opensPictureGroup(bytes, start + frameHead, end)) {
      this.#key = true;
      this.#keySeen = true;
    }
    if (marker) this.flush(true);
    else if (this.#length > mostBytes) this.flush(false);
  }

  /** What the packets lie in will be used again. */
  endOfRead(): void {
    if (this.#packets === 0) return;
    this.#keep();
    if (this.#clock.monotonic() - this.#began > mostMillis) this.flush(false);
  }

  /** Hands over what is there. */
  flush(ends: boolean): void {
    if (this.#packets === 0) return;
    const length = this.#length;
    if (this.#size > 0) this.#keep();
    const unit: AccessUnit = {
      track: 'video',
      // As a rule a picture comes in one read, and is handed over where that lies.
      wire: this.#size > 0 ? this.#kept.subarray(0, length) : this.#read.subarray(this.#from, this.#to),
      packets: this.#packets,
      ticks: this.#ticks,
      capturedAt: this.#capturedAt!,
      keyframe: this.#key,
      starts: this.#starts,
      ends,
      last: this.#last,
    };
    this.packets += this.#packets;
    this.octets += length - this.#packets * shortestPacket;
    this.#size = 0;
    this.#from = this.#to;
    this.#packets = 0;
    this.#key = false;
    this.#starts = false;
    this.#listener.unit(unit);
  }

  get #length(): number {
    return this.#size + this.#to - this.#from;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.#read || start !== this.#to) {
      this.#keep();
      this.#read = bytes;
      this.#from = start;
    }
    this.#last = this.#size + start - this.#from;
    this.#to = end;
    this.#packets += 1;
  }

  /** Takes what lies where it was read. */
  #keep(): void {
    if (this.#from === this.#to) return;
    const length = this.#length;
    if (length > this.#kept.length) this.#grow(length);
    this.#read.copy(this.#kept, this.#size, this.#from, this.#to);
    this.#size = length;
    this.#from = this.#to;
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#kept.length, leastBytes));
    this.#kept.copy(grown, 0, 0, this.#size);
    this.#kept = grown;
  }
}

/** Audio: every packet is a span of its own, at once; waiting for more would only make it late. */
export class AudioCutter implements Counted {
  readonly line: RtpLine;
  readonly #emit: (unit: AccessUnit) => void;
  packets = 0;
  octets = 0;

  constructor(clock: Clock, emit: (unit: AccessUnit) => void, camera: CameraClock) {
    this.line = new RtpLine(clock, trackChannels.audio, () => undefined, camera);
    this.#emit = emit;
  }

  packet(bytes: Buffer, start: number, end: number): void {
    if (this.line.accept(bytes, start, end) === packetIs.foreign) return;
    this.packets += 1;
    this.octets += end - start - shortestPacket;
    this.#emit({
      track: 'audio',
      wire: bytes.subarray(start, end),
      packets: 1,
      ticks: this.line.ticks,
      capturedAt: this.line.capturedAt,
      keyframe: false,
      starts: true,
      ends: true,
      last: 0,
    });
  }
}

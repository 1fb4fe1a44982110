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
  // The span that grows.
  #wire = Buffer.alloc(0);
  #size = 0;
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
    const now = this.#clock.monotonic();
    const marker = end > start + 5 && (bytes[start + 5]! & 0x80) !== 0;
    const is = this.line.accept(bytes, start, end, now);
    if (is === packetIs.foreign) return;
    if (is === packetIs.newTime) {
      // A picture ends with its timestamp too: markers are forgotten, or set on parameter sets (quirk 19).
      this.flush(false);
      this.#ticks = this.line.ticks;
      this.#capturedAt = this.line.capturedAt;
      this.#starts = true;
      this.#keySeen = false;
      if (this.#order.sent(this.#ticks)) this.#listener.reorders();
    }
    this.#append(bytes, start, end, now);
    if (!this.#key && !this.#keySeen && this.#video!.opensPictureGroup(bytes, start + frameHead, end)) {
      this.#key = true;
      this.#keySeen = true;
    }
    if (marker) this.flush(true);
    else if (this.#size > mostBytes || now - this.#began > mostMillis) this.flush(false);
  }

  /** Hands over what is there. */
  flush(ends: boolean): void {
    if (this.#packets === 0) return;
    const unit: AccessUnit = {
      track: 'video',
      wire: this.#wire.subarray(0, this.#size),
      packets: this.#packets,
      ticks: this.#ticks,
      capturedAt: this.#capturedAt!,
      keyframe: this.#key,
      starts: this.#starts,
      ends,
      last: this.#last,
    };
    this.packets += this.#packets;
    this.octets += this.#size - this.#packets * shortestPacket;
    this.#size = 0;
    this.#packets = 0;
    this.#key = false;
    this.#starts = false;
    this.#listener.unit(unit);
  }

  #append(bytes: Buffer, start: number, end: number, now: number): void {
    if (this.#packets === 0) this.#began = now;
    const size = this.#size + end - start;
    if (size > this.#wire.length) this.#grow(size);
    bytes.copy(this.#wire, this.#size, start, end);
    this.#last = this.#size;
    this.#size = size;
    this.#packets += 1;
  }

  #grow(least: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#wire.length, leastBytes));
    this.#wire.copy(grown, 0, 0, this.#size);
    this.#wire = grown;
  }
}

/** Audio: every packet is a span of its own, at once; waiting for more would only make it late. */
export class AudioCutter implements Counted {
  readonly line: RtpLine;
  readonly #clock: Clock;
  readonly #emit: (unit: AccessUnit) => void;
  packets = 0;
  octets = 0;

  constructor(clock: Clock, emit: (unit: AccessUnit) => void, camera: CameraClock) {
    this.line = new RtpLine(clock, trackChannels.audio, () => undefined, camera);
    this.#clock = clock;
    this.#emit = emit;
  }

  packet(bytes: Buffer, start: number, end: number): void {
    if (this.line.accept(bytes, start, end, this.#clock.monotonic()) === packetIs.foreign) return;
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

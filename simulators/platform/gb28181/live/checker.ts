/**
 * Holds a stream of RTP with a program stream in it against GB/T 28181 Annex C and F (gb28181 §6): every packet, every frame, every time.
 * What is wrong has a name and is counted; what is right is counted too.
 */
import { type FrameRule, PsFrameReader, type ReceivedFrame } from '../../../../adapters/protocols/ps/frames.ts';
import { ticksBetween } from '../../../../adapters/protocols/ps/streams.ts';
import { rtpHeaderLength, rtpPayloadEnd, rtpPayloadStart, rtpTimestamp } from '../../../../adapters/protocols/rtp/packet.ts';

export type RtpRule =
  /** No RTP of version 2, or with padding, extension or contributors, which platforms do not expect. */
  | 'rtp-header'
  | 'payload-type'
  | 'ssrc'
  /** A step of the sequence number that is not 1: lost, doubled or out of order. */
  | 'sequence'
  /** One frame with two timestamps, or two frames with one. */
  | 'rtp-time'
  /** The clock of RTP and that of the picture run apart. */
  | 'rtp-drift'
  /** The last packet of a frame has no marker, or another one has it. */
  | 'marker'
  /** Longer than 1400 bytes. */
  | 'packet-size'
  /** A picture's time is not after the one before. */
  | 'pts'
  /** A packet of a length of 256 first (gb28181 §6.1). */
  | 'first-packet';

export type MediaRule = RtpRule | FrameRule;

export interface MediaViolation {
  readonly rule: MediaRule;
  /** Which packet it was, from 1 on. */
  readonly packet: number;
  readonly what: string;
}

export interface MediaCounters {
  readonly packets: number;
  readonly bytes: number;
  readonly frames: number;
  readonly keyframes: number;
  readonly sounds: number;
  readonly lost: number;
  readonly violations: number;
  readonly byRule: Readonly<Partial<Record<MediaRule, number>>>;
  readonly video?: string;
  readonly audio?: string;
}

export interface Agreed {
  /** Undefined: the answer chooses, and it is agreed later. */
  readonly ssrc: number | undefined;
  readonly payloadType: number;
  readonly transport: 'udp' | 'tcp';
}

const longestPacket = 1_400;
const mostKept = 200;
/** Bytes of one frame: a keyframe of the largest camera has 4 MB. */
const mostFrame = 16 * 1024 * 1024;

export class MediaChecker {
  readonly #agreed: Agreed;
  #ssrc: number | undefined;
  readonly #watch: (frame: ReceivedFrame, bytes: Buffer) => void;
  readonly #reader = new PsFrameReader();
  readonly #violations: MediaViolation[] = [];
  readonly #byRule: Partial<Record<MediaRule, number>> = {};
  #parts: Buffer[] = [];
  #held = 0;
  /** Something of the frame is missing: it is not read. */
  #damaged = false;
  #packets = 0;
  #bytes = 0;
  #frames = 0;
  #keyframes = 0;
  #sounds = 0;
  #lost = 0;
  #count = 0;
  #sequence: number | undefined;
  #timestamp: number | undefined;
  #marked = true;
  #pts: number | undefined;
  /** RTP timestamp minus PTS: the same for every frame. */
  #offset: number | undefined;
  #video: string | undefined;
  #audio: string | undefined;

  /** `watch` hears every whole frame and its bytes. */
  constructor(agreed: Agreed, watch: (frame: ReceivedFrame, bytes: Buffer) => void = () => undefined) {
    this.#agreed = agreed;
    this.#ssrc = agreed.ssrc;
    this.#watch = watch;
  }

  agree(ssrc: number): void {
    this.#ssrc = ssrc;
  }

  counters(): MediaCounters {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      frames: this.#frames,
      keyframes: this.#keyframes,
      sounds: this.#sounds,
      lost: this.#lost,
      violations: this.#count,
      byRule: { ...this.#byRule },
      ...(this.#video === undefined ? {} : { video: this.#video }),
      ...(this.#audio === undefined ? {} : { audio: this.#audio }),
    };
  }

  /** The first ones, in order. */
  violations(): readonly MediaViolation[] {
    return this.#violations.slice();
  }

  /** One RTP packet, or one of RTCP, which may come between them (RFC 5761 §4). */
  take(packet: Buffer): void {
    if (isRtcp(packet)) return;
    this.#packets += 1;
    this.#bytes += packet.length;
    const from = rtpPayloadStart(packet, 0, packet.length);
    if (from < 0) {
      this.#found('rtp-header', `${packet.length} bytes that are no RTP`);
      return;
    }
    if (from !== rtpHeaderLength || packet[0] !== 0x80) this.#found('rtp-header', `first byte ${packet[0]!.toString(16)}, header of ${from} bytes`);
    if (packet.length > longestPacket) this.#found('packet-size', `${packet.length} bytes`);
    if (this.#agreed.transport === 'tcp' && this.#packets <= 3 && packet.length === 256) this.#found('first-packet', '256 bytes');
    const payloadType = packet[1]! & 0x7f;
    if (payloadType !== this.#agreed.payloadType) this.#found('payload-type', `${payloadType} instead of ${this.#agreed.payloadType}`);
    const ssrc = packet.readUInt32BE(8);
    if (this.#ssrc !== undefined && ssrc !== this.#ssrc) this.#found('ssrc', `${ssrc} instead of ${this.#ssrc}`);
    if (!this.#inOrder(packet.readUInt16BE(2))) return;
    const timestamp = rtpTimestamp(packet, 0);
    const marker = (packet[1]! & 0x80) !== 0;
    this.#place(timestamp);
    this.#parts.push(packet.subarray(from, rtpPayloadEnd(packet, 0, packet.length)));
    this.#held += packet.length - from;
    if (this.#held > mostFrame) this.#drop(`more than ${mostFrame} bytes in one frame`);
    this.#marked = marker;
    if (marker) this.#finish();
  }

  /** False: it is late, or here already, and belongs to nothing. */
  #inOrder(sequence: number): boolean {
    const before = this.#sequence;
    const step = before === undefined ? 1 : (sequence - before) & 0xffff;
    if (step !== 1) {
      this.#found('sequence', `${sequence} after ${before}`);
      this.#damaged = true;
      if (step === 0 || step >= 0x8000) return false;
      this.#lost += step - 1;
    }
    this.#sequence = sequence;
    return true;
  }

  /** Does the packet go on with the frame, or begin another? */
  #place(timestamp: number): void {
    const before = this.#timestamp;
    this.#timestamp = timestamp;
    if (before === undefined) return;
    if (!this.#marked && timestamp !== before) {
      if (!this.#damaged) this.#found('marker', 'a frame ended without a marker');
      this.#finish();
    } else if (this.#marked && timestamp === before) this.#found('rtp-time', `two frames with the timestamp ${timestamp}`);
    else if (this.#marked && ((timestamp - before) & 0xffffffff) < 0) this.#found('rtp-time', `${timestamp} after ${before}`);
  }

  #finish(): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const damaged = this.#damaged;
    this.#parts = [];
    this.#held = 0;
    this.#damaged = false;
    // A loss is one fault: what is left of the frame would count as many.
    if (damaged || bytes.length === 0) return;
    const frame = this.#reader.read(bytes);
    for (const { rule, what } of frame.violations) this.#found(rule, what);
    this.#judgeTimes(frame);
    this.#frames += frame.units.length > 0 ? 1 : 0;
    this.#keyframes += frame.keyframe ? 1 : 0;
    this.#sounds += frame.sounds.length;
    this.#video = frame.video ?? this.#video;
    this.#audio = frame.audio ?? this.#audio;
    this.#watch(frame, bytes);
  }

  #judgeTimes({ pts, units }: ReceivedFrame): void {
    if (pts === undefined || this.#timestamp === undefined) return;
    if (units.length > 0) {
      if (this.#pts !== undefined && ticksBetween(this.#pts, pts) <= 0) this.#found('pts', `a picture of ${pts} after one of ${this.#pts}`);
      this.#pts = pts;
    }
    const offset = (this.#timestamp - pts) & 0xffffffff;
    if (this.#offset !== undefined && offset !== this.#offset) {
      this.#found('rtp-drift', `RTP and picture are ${offset} ticks apart, ${this.#offset} before`);
    }
    this.#offset = offset;
  }

  #drop(what: string): void {
    this.#found('cut-short', what);
    this.#parts = [];
    this.#held = 0;
    this.#damaged = true;
  }

  #found(rule: MediaRule, what: string): void {
    this.#count += 1;
    this.#byRule[rule] = (this.#byRule[rule] ?? 0) + 1;
    if (this.#violations.length < mostKept) this.#violations.push({ rule, packet: this.#packets, what });
  }
}

const isRtcp = (packet: Buffer) => packet.length >= 8 && packet[0]! >> 6 === 2 && packet[1]! >= 200 && packet[1]! <= 207;

/**
 * Cuts a camera's packets into access units: spans of whole interleaved RTP packets that end with the marker bit.
 * A viewer gets a span in one write; nothing here makes an object per packet (performance §6, §8).
 */
import type { SenderClock, StreamDescription } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';
import { type Instant, instant } from '../domain/time.ts';
import type { VideoTools } from './ports.ts';
import { capturedAt, Timeline } from './timestamps.ts';

export interface AccessUnit {
  /** Whole packets, interleaved framing included, all on channel 0. Shared: never changed after it is cut. */
  readonly wire: Buffer;
  readonly packets: number;
  /** RTP timestamp, unwrapped, in ticks. */
  readonly ticks: number;
  readonly capturedAt: Instant;
  /** A decoder can start here. */
  readonly keyframe: boolean;
  /** First span of its timestamp. A picture has several where it is very large or slow, or where the camera sets the marker too early. */
  readonly starts: boolean;
  /** The camera says that the picture is complete. */
  readonly ends: boolean;
}

/** Safety flushes, for streams without markers or with lost ones. */
const mostBytes = 128 * 1024;
const mostMillis = 40;
/** Packets of another SSRC in a row before it counts as the stream's new one; fewer are an old session's rest (quirk 13). */
const foreignPatience = 32;
const frameHead = 4;
const shortestPacket = frameHead + 12;

export class AccessUnitCutter {
  readonly #clock: Clock;
  readonly #video: VideoTools;
  readonly #emit: (unit: AccessUnit) => void;
  #payloadType = -1;
  #clockRate = 90_000;
  #timeline: Timeline | undefined;
  #report: SenderClock | undefined;
  // What the camera sent last, and what we made of it: the two differ after a reconnect only.
  #inSsrc = -1;
  #inSequence = -1;
  #inTimestamp = -1;
  #outSequence = -1;
  #ssrc = -1;
  #foreign = 0;
  // The span that grows.
  #pieces: Buffer[] = [];
  #from = 0;
  #to = 0;
  #open: Buffer | undefined;
  #size = 0;
  #packets = 0;
  #began = 0;
  #ticks = 0;
  #starts = true;
  #key = false;
  #keySeen = false;
  lostPackets = 0;
  packets = 0;
  octets = 0;

  constructor(clock: Clock, video: VideoTools, emit: (unit: AccessUnit) => void) {
    this.#clock = clock;
    this.#video = video;
    this.#emit = emit;
  }

  /** A new session with the camera; sequence, timestamps and SSRC go on as the viewers know them. */
  begin(description: StreamDescription): void {
    this.flush(false);
    this.#payloadType = description.payloadType;
    if (!this.#timeline || this.#clockRate !== description.clockRate) this.#timeline = new Timeline(description.clockRate);
    this.#clockRate = description.clockRate;
    this.#adopt(-1);
  }

  /** Sender report of the camera; foreign ones are ignored (quirk 22). */
  clock(report: SenderClock): void {
    if (report.ssrc === this.#inSsrc) this.#report = report;
  }

  /** The newest wall clock of the stream, in the terms of its viewers; extrapolated to now. */
  senderClock(): SenderClock | undefined {
    if (this.#ssrc < 0) return undefined;
    const now = this.#clock.now();
    const report = this.#report;
    const taken = capturedAt(this.#inTimestamp, now, this.#clockRate, report);
    return { wallClock: taken, rtpTimestamp: this.#ticks >>> 0, ssrc: this.#ssrc };
  }

  packet(bytes: Buffer, start: number, end: number): void {
    if (end - start < shortestPacket || bytes[start + frameHead]! >> 6 !== 2) return;
    const second = bytes[start + 5]!;
    // Unknown payload types are thrown away (quirk 25).
    if ((second & 0x7f) !== this.#payloadType) return;
    const ssrc = bytes.readUInt32BE(start + 12);
    if (ssrc !== this.#inSsrc && !this.#acceptSource(ssrc)) return;
    this.#foreign = 0;
    const now = this.#clock.monotonic();
    this.#follow(bytes, start, now);
    bytes[start + 1] = 0;
    this.#append(bytes, start, end, now);
    if (!this.#key && !this.#keySeen && this.#video.opensPictureGroup(bytes, start + frameHead, end)) {
      this.#key = true;
      this.#keySeen = true;
    }
    if (second & 0x80) this.flush(true);
    else if (this.#size > mostBytes || now - this.#began > mostMillis) this.flush(false);
  }

  /** Hands over what is there. */
  flush(ends: boolean): void {
    if (this.#packets === 0) return;
    if (this.#open) this.#pieces.push(this.#open.subarray(this.#from, this.#to));
    const wire = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
    const unit: AccessUnit = {
      wire,
      packets: this.#packets,
      ticks: this.#ticks,
      capturedAt: instant(capturedAt(this.#inTimestamp, this.#clock.now(), this.#clockRate, this.#report)),
      keyframe: this.#key,
      starts: this.#starts,
      ends,
    };
    this.packets += this.#packets;
    this.octets += this.#size - this.#packets * shortestPacket;
    this.#pieces = [];
    this.#open = undefined;
    this.#size = 0;
    this.#packets = 0;
    this.#key = false;
    this.#starts = false;
    this.#emit(unit);
  }

  #acceptSource(ssrc: number): boolean {
    if (this.#inSsrc >= 0) {
      this.#foreign += 1;
      if (this.#foreign < foreignPatience) return false;
    }
    this.flush(false);
    this.#adopt(ssrc);
    if (this.#ssrc < 0) this.#ssrc = ssrc;
    return true;
  }

  #adopt(ssrc: number): void {
    this.#inSsrc = ssrc;
    this.#inSequence = -1;
    this.#inTimestamp = -1;
    this.#report = undefined;
    this.#timeline?.restart();
  }

  /** Counts losses, starts a new picture at a new timestamp, and rewrites the header where the viewers know other numbers. */
  #follow(bytes: Buffer, start: number, now: number): void {
    const sequence = bytes.readUInt16BE(start + 6);
    const timestamp = bytes.readUInt32BE(start + 8);
    let step = 1;
    if (this.#inSequence >= 0) {
      step = (sequence - this.#inSequence) & 0xffff;
      // A step back is a camera that counts anew: no loss.
      if (step === 0 || step >= 0x8000) step = 1;
      this.lostPackets += step - 1;
    }
    this.#inSequence = sequence;
    const out = this.#outSequence < 0 ? sequence : (this.#outSequence + step) & 0xffff;
    this.#outSequence = out;
    if (timestamp !== this.#inTimestamp) {
      // A picture ends with its timestamp too: markers are forgotten, or set on parameter sets (quirk 19).
      this.flush(false);
      this.#inTimestamp = timestamp;
      this.#ticks = this.#timeline!.place(timestamp, now);
      this.#starts = true;
      this.#keySeen = false;
    }
    if (out !== sequence) bytes.writeUInt16BE(out, start + 6);
    const shown = this.#ticks >>> 0;
    if (shown !== timestamp) bytes.writeUInt32BE(shown, start + 8);
    if (this.#ssrc !== this.#inSsrc) bytes.writeUInt32BE(this.#ssrc, start + 12);
  }

  #append(bytes: Buffer, start: number, end: number, now: number): void {
    if (this.#packets === 0) this.#began = now;
    if (this.#open === bytes && this.#to === start) this.#to = end;
    else {
      if (this.#open) this.#pieces.push(this.#open.subarray(this.#from, this.#to));
      this.#open = bytes;
      this.#from = start;
      this.#to = end;
    }
    this.#size += end - start;
    this.#packets += 1;
  }
}

/**
 * One track's packets as its viewers know them: sequence numbers, timestamps, SSRC and payload type go on over reconnects and camera restarts.
 * Headers are rewritten in place, and only where the two sides differ.
 */
import type { SenderClock } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import { type Instant, instant } from '../domain/time.ts';
import { Timeline } from './timestamps.ts';
import { type CameraClock, WallClock } from './wall-clock.ts';

/** Packets of another SSRC in a row before it counts as the stream's new one; fewer are an old session's rest (quirk 13). */
const foreignPatience = 32;
export const frameHead = 4;
/** Interleaved header and RTP header. */
export const shortestPacket = frameHead + 12;

/** Viewers are not told the time by arrival before the camera has had this long to tell it: a player that is told another one has to move what it plays. */
const reportWithin = 6_000;

/** What a packet is to its line. */
export const packetIs = { foreign: 0, more: 1, newTime: 2 } as const;
type PacketIs = (typeof packetIs)[keyof typeof packetIs];

export class RtpLine {
  readonly #clock: Clock;
  readonly #channel: number;
  readonly #jumped: () => void;
  #payloadType = -1;
  #clockRate = 90_000;
  #timeline: Timeline | undefined;
  readonly #camera: CameraClock;
  #wallClock: WallClock | undefined;
  /** Came before the packet that it belongs to. */
  #early: SenderClock | undefined;
  #beganAt = 0;
  // What the camera sent last, and what we made of it: the two differ after a reconnect only.
  #inSsrc = -1;
  #inSequence = -1;
  #inTimestamp = -1;
  #outSequence = -1;
  #outSsrc = -1;
  #outPayloadType = -1;
  #foreign = 0;
  #jitter = 0;
  #transit: number | undefined;
  /** RTP timestamp of the packet accepted last, unwrapped, in ticks. */
  ticks = 0;
  /** When the first packet of that time came, monotonic ms. */
  arrivedAt = 0;
  lostPackets = 0;

  /** `jumped`: told when the camera sets its timestamps anew within a session. */
  constructor(clock: Clock, channel: number, jumped: () => void, camera: CameraClock) {
    this.#clock = clock;
    this.#channel = channel;
    this.#jumped = jumped;
    this.#camera = camera;
  }

  /** A new session with the camera. Returns the payload type that viewers know this track by. */
  begin(track: { readonly payloadType: number; readonly clockRate: number }): number {
    this.#payloadType = track.payloadType;
    if (this.#outPayloadType < 0) this.#outPayloadType = track.payloadType;
    if (!this.#timeline || this.#clockRate !== track.clockRate) this.#timeline = new Timeline(track.clockRate, this.#jumped);
    this.#clockRate = track.clockRate;
    this.#early = undefined;
    this.#adopt(-1);
    return this.#outPayloadType;
  }

  /** Takes one interleaved packet at bytes[start, end) and rewrites its header. */
  accept(bytes: Buffer, start: number, end: number): PacketIs {
    if (end - start < shortestPacket || bytes[start + frameHead]! >> 6 !== 2) return packetIs.foreign;
    const second = bytes[start + 5]!;
    // Unknown payload types are thrown away (quirk 25).
    if ((second & 0x7f) !== this.#payloadType) return packetIs.foreign;
    const ssrc = bytes.readUInt32BE(start + 12);
    if (ssrc !== this.#inSsrc) {
      if (this.#inSsrc >= 0) {
        this.#foreign += 1;
        if (this.#foreign < foreignPatience) return packetIs.foreign;
      }
      this.#adopt(ssrc);
      if (this.#outSsrc < 0) this.#outSsrc = ssrc;
    }
    this.#foreign = 0;
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
    const newTime = timestamp !== this.#inTimestamp;
    if (newTime) {
      const now = this.#clock.monotonic();
      this.arrivedAt = now;
      this.#inTimestamp = timestamp;
      this.ticks = this.#timeline!.place(timestamp, now);
      this.#wallClock!.arrived(this.ticks, now);
      if (this.#early) this.clock(this.#early);
      this.#measureJitter(timestamp, now);
    }
    const shown = this.ticks >>> 0;
    bytes[start + 1] = this.#channel;
    if (this.#outPayloadType !== this.#payloadType) bytes[start + 5] = (second & 0x80) | this.#outPayloadType;
    if (out !== sequence) bytes.writeUInt16BE(out, start + 6);
    if (shown !== timestamp) bytes.writeUInt32BE(shown, start + 8);
    if (this.#outSsrc !== ssrc) bytes.writeUInt32BE(this.#outSsrc, start + 12);
    return newTime ? packetIs.newTime : packetIs.more;
  }

  /** Sender report of the camera; foreign ones are ignored (quirk 22). One that comes first waits for its packet. */
  clock(report: SenderClock): void {
    this.#early = this.#inTimestamp < 0 ? report : undefined;
    if (report.ssrc !== this.#inSsrc || this.#inTimestamp < 0) return;
    this.#wallClock?.report(this.ticks + ((report.rtpTimestamp - this.#inTimestamp) | 0), report);
  }

  /** When the newest packet's picture or sound was taken. */
  get capturedAt(): Instant {
    return instant(this.#wallClock?.at(this.ticks) ?? this.#clock.now());
  }

  /** The wall clock of the newest packet, in the terms of the viewers; undefined while it may still change. */
  get senderClock(): SenderClock | undefined {
    if (this.#outSsrc < 0 || !(this.#wallClock?.told || this.#clock.monotonic() - this.#beganAt > reportWithin)) return undefined;
    return { wallClock: this.capturedAt, rtpTimestamp: this.ticks >>> 0, ssrc: this.#outSsrc };
  }

  /** Interarrival jitter of first packets, ms (RFC 3550 §6.4.1). */
  get jitterMillis(): number {
    return this.#jitter;
  }

  #measureJitter(timestamp: number, now: number): void {
    const transit = now - (timestamp / this.#clockRate) * 1000;
    const difference = this.#transit === undefined ? 0 : Math.abs(transit - this.#transit);
    this.#transit = transit;
    // A difference of seconds is a jump of the counter, not jitter.
    if (difference < 10_000) this.#jitter += (difference - this.#jitter) / 16;
  }

  #adopt(ssrc: number): void {
    this.#inSsrc = ssrc;
    this.#inSequence = -1;
    this.#inTimestamp = -1;
    this.#transit = undefined;
    this.#wallClock = new WallClock(this.#clock, this.#camera, this.#clockRate);
    this.#beganAt = this.#clock.monotonic();
    this.#timeline?.restart();
  }
}

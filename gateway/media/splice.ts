/**
 * Lets one viewer go on with another stream of its channel: its packets keep the sequence numbers, times, SSRC and payload type that the
 * viewer knows. Nothing is copied until the first change; after it, every packet is.
 */
import type { SenderClock, StreamDescription, TrackKind } from '../domain/media.ts';
import type { WireOutlet, WireSpan } from '../domain/media-ports.ts';
import type { Clock } from '../domain/ports.ts';

const frameHead = 4;

interface Line {
  /** Of the packet sent last, as the viewer knows them. */
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
  at: number;
  /** Added to what comes; undefined: the next packet is the first of its stream, and sets them. */
  shift: { readonly sequence: number; readonly timestamp: number } | undefined;
}

export class Splice implements WireOutlet {
  readonly #outlet: WireOutlet;
  readonly #clock: Clock;
  readonly #lines = new Map<TrackKind, Line>();
  readonly #clockRates: Record<TrackKind, number> = { video: 90_000, audio: 8_000 };
  /** Of each track, while nothing was changed yet. */
  readonly #unchanged: Record<TrackKind, Line | undefined> = { video: undefined, audio: undefined };
  #spliced = false;

  constructor(outlet: WireOutlet, clock: Clock) {
    this.#outlet = outlet;
    this.#clock = clock;
  }

  get backlog(): number {
    return this.#outlet.backlog;
  }

  /** What is written from now on belongs to another stream. */
  change(): void {
    for (const track of ['video', 'audio'] as const) {
      const line = this.#unchanged[track];
      if (!this.#spliced && line) this.#lines.set(track, line);
    }
    this.#spliced = true;
    for (const line of this.#lines.values()) line.shift = undefined;
  }

  described(description: StreamDescription, fresh: boolean): void {
    this.#clockRates.video = description.video.clockRate;
    if (description.audio) this.#clockRates.audio = description.audio.clockRate;
    this.#outlet.described(description, fresh);
  }

  write(spans: readonly WireSpan[]): void {
    if (this.#spliced) {
      this.#outlet.write(spans.map((span) => this.#rewritten(span)));
      return;
    }
    const at = this.#clock.monotonic();
    for (const { track, wire, last } of spans) {
      const line = this.#unchanged[track];
      if (line) readLine(line, wire, last, at);
      else this.#unchanged[track] = lineOf(wire, last, at);
    }
    this.#outlet.write(spans);
  }

  report(track: TrackKind, clock: SenderClock, packets: number, octets: number): void {
    const line = this.#lines.get(track);
    if (!this.#spliced) this.#outlet.report(track, clock, packets, octets);
    else if (line?.shift) {
      const rtpTimestamp = (clock.rtpTimestamp + line.shift.timestamp) >>> 0;
      this.#outlet.report(track, { ...clock, rtpTimestamp, ssrc: line.ssrc }, packets, octets);
    }
  }

  notice(text: string): void {
    this.#outlet.notice(text);
  }

  close(reason: string): void {
    this.#outlet.close(reason);
  }

  #rewritten(span: WireSpan): WireSpan {
    const wire = Buffer.from(span.wire);
    const now = this.#clock.monotonic();
    let line = this.#lines.get(span.track);
    for (let at = 0; at + frameHead + 12 <= wire.length; at += frameHead + wire.readUInt16BE(at + 2)) {
      const sequence = wire.readUInt16BE(at + 6);
      const timestamp = wire.readUInt32BE(at + 8);
      if (!line) {
        line = lineOf(wire, span.last, now);
        line.shift = { sequence: 0, timestamp: 0 };
        this.#lines.set(span.track, line);
      }
      // The time between the two streams is the time that went by.
      line.shift ??= {
        sequence: line.sequence + 1 - sequence,
        timestamp: line.timestamp + Math.max(1, Math.round(((now - line.at) / 1000) * this.#clockRates[span.track])) - timestamp,
      };
      line.sequence = (sequence + line.shift.sequence) & 0xffff;
      line.timestamp = (timestamp + line.shift.timestamp) >>> 0;
      line.at = now;
      wire[at + 5] = (wire[at + 5]! & 0x80) | line.payloadType;
      wire.writeUInt16BE(line.sequence, at + 6);
      wire.writeUInt32BE(line.timestamp, at + 8);
      wire.writeUInt32BE(line.ssrc, at + 12);
    }
    return { ...span, wire };
  }
}

/** Of the packet in interleaved framing that begins at `packet`. */
function lineOf(wire: Buffer, packet: number, at: number): Line {
  const line: Line = { sequence: 0, timestamp: 0, ssrc: 0, payloadType: 0, at: 0, shift: undefined };
  readLine(line, wire, packet, at);
  return line;
}

function readLine(line: Line, wire: Buffer, packet: number, at: number): void {
  line.sequence = wire.readUInt16BE(packet + 6);
  line.timestamp = wire.readUInt32BE(packet + 8);
  line.ssrc = wire.readUInt32BE(packet + 12);
  line.payloadType = wire[packet + 5]! & 0x7f;
  line.at = at;
}

/** A frame of a program stream as RTP packets (GB/T 28181-2022 Annex C, RFC 2250 §2.2): payload type 96, 90 kHz, cut anywhere, the marker on the last. */
import { rtpHeaderLength } from './packet.ts';

export interface PsPacketiserOptions {
  /** What the `y=` of the SDP says. */
  readonly ssrc: number;
  /** Of the first packet; best a random one. */
  readonly sequence: number;
  /** `tcp`: each packet behind its length of two bytes (RFC 4571). */
  readonly transport: 'udp' | 'tcp';
  readonly payloadType?: number;
  /** Bytes of a packet with its RTP header; default 1400, which fits tunnels, and which no receiver takes for a broken frame. */
  readonly longest?: number;
}

const framing = 2;
/** A first packet of 256 bytes begins with 01 00 80 over TCP: ZLMediaKit takes that for another protocol (facts §6.1). */
const suspicious = 256;

export class PsPacketiser {
  readonly #first: number;
  readonly #ssrc: number;
  readonly #payloadType: number;
  readonly #most: number;
  /** Bytes of a packet, but of the last one of a frame, which may have fewer. */
  readonly longest: number;
  #sequence: number;
  #packets = 0;
  #octets = 0;

  constructor({ ssrc, sequence, transport, payloadType = 96, longest = 1_400 }: PsPacketiserOptions) {
    this.#first = transport === 'tcp' ? framing : 0;
    this.#ssrc = ssrc >>> 0;
    this.#payloadType = payloadType;
    this.longest = longest;
    this.#most = longest - rtpHeaderLength;
    this.#sequence = sequence & 0xffff;
  }

  /** Of the next packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Sent so far, and octets of their payload, as RTCP sender reports count them (RFC 3550 §6.4.1). */
  get sent(): { readonly packets: number; readonly octets: number } {
    return { packets: this.#packets, octets: this.#octets };
  }

  /** The same, with octets of the headers too. */
  get written(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#packets, bytes: this.#octets + this.#packets * rtpHeaderLength };
  }

  /**
   * All packets of a frame one behind the other in one buffer: for TCP to be written as it is, for UDP to be cut at every `longest` bytes.
   * The bytes of `parts` are copied once and may be anybody's. `timestamp`: ticks of 90 kHz, the low 32 bits go out. `room`: where the packets are put.
   */
  packets(parts: readonly Uint8Array[], timestamp: number, room: (bytes: number) => Buffer = Buffer.allocUnsafe): Buffer {
    let total = 0;
    for (const part of parts) total += part.length;
    const most = this.#payloadOf(total);
    const count = Math.ceil(total / most);
    const head = this.#first + rtpHeaderLength;
    const bytes = room(total + count * head);
    let end = count * head;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    // The frame lies at the end. Each payload moves forward to its place, so that no packet needs an object of its own.
    const time = (timestamp % 2 ** 32) >>> 0;
    let from = count * head;
    let to = 0;
    for (let left = count; left > 0; left -= 1) {
      const length = Math.min(most, end - from);
      bytes.copyWithin(to + head, from, from + length);
      if (this.#first > 0) bytes.writeUInt16BE(rtpHeaderLength + length, to);
      this.#writeHeader(bytes, to + this.#first, left === 1, time);
      from += length;
      to += head + length;
    }
    this.#packets += count;
    this.#octets += total;
    return bytes;
  }

  #writeHeader(bytes: Buffer, at: number, last: boolean, time: number): void {
    bytes[at] = 0x80;
    bytes[at + 1] = this.#payloadType | (last ? 0x80 : 0);
    bytes.writeUInt16BE(this.#sequence, at + 2);
    bytes.writeUInt32BE(time, at + 4);
    bytes.writeUInt32BE(this.#ssrc, at + 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  /** Bytes of payload per packet. */
  #payloadOf(total: number): number {
    let most = this.#most;
    if (this.#first === 0) return most;
    const lengthOfLast = () => ((total - 1) % most) + 1 + rtpHeaderLength;
    while (lengthOfLast() === suspicious) most = total <= most ? total >> 1 : most - 1;
    return most;
  }
}

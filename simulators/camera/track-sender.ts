/** One track of a simulated camera: its numbers, which go on for ever, and its packets. */
import { randomInt } from 'node:crypto';
import { writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { writeSenderReport } from '../../adapters/protocols/rtp/rtcp.ts';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';

export interface Numbered {
  readonly payloadType: number;
  readonly clockRate: number;
}

/** Whoever takes one track. */
export interface TrackOutlet {
  rtp(burst: Burst): void;
  rtcp(packet: Buffer): void;
}

/** Packets that are sent at once; framed once for all who read them on the same channel. */
export class Burst {
  readonly packets: readonly Buffer[];
  readonly octets: number;
  readonly #framed = new Map<number, Buffer>();

  constructor(packets: readonly Buffer[]) {
    this.packets = packets;
    this.octets = packets.reduce((sum, packet) => sum + packet.length - 12, 0);
  }

  framed(channel: number): Buffer {
    const known = this.#framed.get(channel);
    if (known) return known;
    const bytes = Buffer.concat(this.packets.map((packet) => writeFrame(channel, packet)));
    this.#framed.set(channel, bytes);
    return bytes;
  }
}

export class TrackSender {
  readonly ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #track: Numbered;
  readonly #first = randomInt(0, 2 ** 32 - 1);
  #sequence = randomInt(0, 2 ** 16 - 1);

  constructor(track: Numbered) {
    this.#track = track;
  }

  /** `at`: ms since the camera's start. `marked`: the numbers of the payloads that carry the marker. */
  burst(payloads: readonly Uint8Array[], at: number, marked: (index: number) => boolean): Burst {
    const { payloadType } = this.#track;
    const timestamp = this.#timestamp(at);
    return new Burst(
      payloads.map((payload, index) => {
        const sequence = this.#sequence;
        this.#sequence = (this.#sequence + 1) & 0xffff;
        return writeRtp({ marker: marked(index), payloadType, sequence, timestamp, ssrc: this.ssrc }, payload);
      }),
    );
  }

  /** `at`: ms since the camera's start; `wallClock`: what its clock then shows. */
  report(at: number, wallClock: number, { packets, octets }: { readonly packets: number; readonly octets: number }): Buffer {
    return writeSenderReport({ ssrc: this.ssrc, wallClock, rtpTimestamp: this.#timestamp(at), packets, octets });
  }

  #timestamp(at: number): number {
    return (this.#first + Math.round((at * this.#track.clockRate) / 1_000)) % 2 ** 32;
  }
}

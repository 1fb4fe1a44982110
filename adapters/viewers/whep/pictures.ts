/** A camera's packets as WebRTC sends them: payloads that fit a datagram, parameter sets before every keyframe (RFC 6184, RFC 8834). */
import type { StreamDescription, TrackKind, WireMessage } from '../../../gateway/domain/media.ts';
import { h264Video } from '../../protocols/h26x/h264-video.ts';
import { packetiseH264 } from '../../protocols/rtp/h264-payload.ts';
import { rtpTimestamp } from '../../protocols/rtp/packet.ts';
import { readPayloads } from '../../protocols/rtp/wire.ts';

export type Packets = Extract<WireMessage, { kind: 'packets' }>;

/** Payloads of one track that belong to one moment, in order; the bytes are shared by all viewers. */
export interface Sendable {
  readonly track: TrackKind;
  /** RTP timestamp as the camera's stream has it. */
  readonly timestamp: number;
  readonly keyframe: boolean;
  readonly payloads: readonly Uint8Array[];
  /** The last payload ends its picture. */
  readonly ends: boolean;
  readonly bytes: number;
}

/** With SRTP's 28 bytes, UDP and IP below the 1280 that every path carries. */
const largestPayload = 1_200;

export class PictureReader {
  #description: StreamDescription | undefined;
  /** The camera's packets are larger than a datagram should be: pictures are put together and cut anew. */
  #recut = false;
  #held: Buffer[] = [];
  #heldAt = 0;
  #heldKey = false;

  describe(description: StreamDescription): void {
    this.#description = description;
    this.#held = [];
  }

  /** What can be sent now. */
  read({ track, keyframe, bytes }: Packets): readonly Sendable[] {
    const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const payloads: Uint8Array[] = [];
    let timestamp = 0;
    let ends = false;
    readPayloads([wire], {
      payload: (from, start, end, packet) => {
        if (end <= start) return;
        timestamp = rtpTimestamp(from, packet);
        ends = (from[packet + 1]! & 0x80) !== 0;
        payloads.push(from.subarray(start, end));
        this.#recut ||= track === 'video' && end - start > largestPayload;
      },
    });
    if (payloads.length === 0) return [];
    if (track === 'audio') return [sendable({ track, timestamp, keyframe, payloads, ends })];
    if (this.#recut) return this.#cutAnew(wire, { timestamp, keyframe, ends });
    const sets = keyframe && !h264Video.parameterSets(h264Video.units([wire])) ? this.#parameterSets() : [];
    return [sendable({ track, timestamp, keyframe, payloads: [...sets, ...payloads], ends })];
  }

  #cutAnew(wire: Buffer, { timestamp, keyframe, ends }: { timestamp: number; keyframe: boolean; ends: boolean }): readonly Sendable[] {
    const done = this.#held.length > 0 && timestamp !== this.#heldAt ? this.#release() : [];
    this.#held.push(wire);
    this.#heldAt = timestamp;
    this.#heldKey ||= keyframe;
    return ends ? [...done, ...this.#release()] : done;
  }

  #release(): readonly Sendable[] {
    const units = h264Video.units(this.#held);
    const keyframe = this.#heldKey;
    const timestamp = this.#heldAt;
    this.#held = [];
    this.#heldKey = false;
    if (units.length === 0) return [];
    const sets = keyframe && !h264Video.parameterSets(units) ? (this.#description?.video.parameterSets ?? []) : [];
    return [sendable({ track: 'video', timestamp, keyframe, payloads: packetiseH264([...sets, ...units], largestPayload), ends: true })];
  }

  #parameterSets(): readonly Uint8Array[] {
    return packetiseH264(this.#description?.video.parameterSets ?? [], largestPayload);
  }
}

function sendable(parts: Omit<Sendable, 'bytes'>): Sendable {
  return { ...parts, bytes: parts.payloads.reduce((sum, { length }) => sum + length, 0) };
}

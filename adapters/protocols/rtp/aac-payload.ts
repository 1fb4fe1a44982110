/** AAC in RTP as mpeg4-generic (RFC 3640 §3.2, modes AAC-hbr and AAC-lbr): several frames in a packet, or one frame in several. */
import { rtpTimestamp } from './packet.ts';
import { type PayloadReader, readPayloads } from './wire.ts';

export interface AacPacking {
  /** Bits in the header of each frame (`sizelength`, `indexlength`, `indexdeltalength`); all 0: one frame per packet, without headers. */
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
}

/** RFC 3640 §3.3.6. */
export const aacHighBitRate: AacPacking = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3 };
/** RFC 3640 §3.3.5. */
export const aacLowBitRate: AacPacking = { sizeLength: 6, indexLength: 2, indexDeltaLength: 2 };

/** 6144 bits per channel (14496-3 §4.5.1.1), eight channels, and a header's worth. */
const largestFrame = 8_192;
const mostFrames = 64;

/** Frames out of runs of packets. Keeps the beginning of a frame whose rest comes with the next run: one for each consumer. */
export class AacDepacketiser implements PayloadReader {
  readonly #packing: AacPacking;
  #frames: Uint8Array[] = [];
  #expected = -1;
  // The frame that lies in several packets.
  #partial: Buffer | undefined;
  #filled = 0;
  #timestamp = -1;

  constructor(packing: AacPacking) {
    this.#packing = packing;
  }

  /** Malformed frames and such with a piece missing are left out. Frames share the wire's bytes where they can. */
  frames(wire: readonly Buffer[]): Uint8Array[] {
    this.#frames = [];
    this.#expected = readPayloads(wire, this, this.#expected);
    return this.#frames;
  }

  payload(bytes: Buffer, start: number, end: number, packet: number, gap: boolean): void {
    const timestamp = rtpTimestamp(bytes, packet);
    if (gap || timestamp !== this.#timestamp) this.#partial = undefined;
    this.#timestamp = timestamp;
    if (isAdts(bytes, start, end)) this.#adts(bytes, start, end);
    else if (this.#packing.sizeLength === 0) this.#push(bytes, start, end);
    else if (end - start >= 2) this.#described(bytes, start, end);
  }

  /** Anjvision sends the frames of a file, and no headers of RTP at all. */
  #adts(bytes: Buffer, start: number, end: number): void {
    for (let at = start, count = 0; count < mostFrames && isAdts(bytes, at, end); count += 1) {
      const next = at + adtsLength(bytes, at);
      this.#push(bytes, at, next);
      at = next;
    }
  }

  /** The headers of all frames, then the frames. */
  #described(bytes: Buffer, start: number, end: number): void {
    const { sizeLength, indexLength, indexDeltaLength } = this.#packing;
    // In bits, as is their length together.
    let header = 8 * (start + 2);
    const headersEnd = header + bytes.readUInt16BE(start);
    let data = Math.ceil(headersEnd / 8);
    let next = header + sizeLength + indexLength;
    for (let count = 0; count < mostFrames && next <= headersEnd && data < end; count += 1) {
      const size = readBits(bytes, header, sizeLength);
      header = next;
      next += sizeLength + indexDeltaLength;
      if (data + size > end) {
        // Each fragment says the size of the whole frame, and is alone in its packet (§3.2.3.2).
        if (count === 0 && next > headersEnd) this.#fragment(bytes, data, end, size);
        return;
      }
      this.#push(bytes, data, data + size);
      data += size;
    }
  }

  #fragment(bytes: Buffer, start: number, end: number, size: number): void {
    if (size > largestFrame) return;
    if (this.#partial?.length !== size) {
      this.#partial = Buffer.allocUnsafe(size);
      this.#filled = 0;
    }
    this.#filled += bytes.copy(this.#partial, this.#filled, start, end);
    if (this.#filled < size) return;
    const whole = this.#partial;
    this.#partial = undefined;
    this.#push(whole, 0, size);
  }

  #push(bytes: Buffer, start: number, end: number): void {
    // Some cameras leave the header of a file in front of the frame.
    const adts = isAdts(bytes, start, end) && adtsLength(bytes, start) === end - start;
    const from = adts ? start + adtsHeader(bytes, start) : start;
    if (end > from && end - from <= largestFrame) this.#frames.push(bytes.subarray(from, end));
  }
}

/** Is there a whole frame with the header of a file (ISO/IEC 14496-3 §1.A.2.2) at bytes[at, end)? */
function isAdts(bytes: Buffer, at: number, end: number): boolean {
  if (end - at < 7 || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return false;
  const length = adtsLength(bytes, at);
  return length >= adtsHeader(bytes, at) && at + length <= end;
}

function adtsLength(bytes: Buffer, at: number): number {
  return ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
}

/** With or without a checksum. */
function adtsHeader(bytes: Buffer, at: number): number {
  return bytes[at + 1]! & 1 ? 7 : 9;
}

function readBits(bytes: Buffer, from: number, count: number): number {
  let value = 0;
  for (let bit = from; bit < from + count; bit += 1) value = value * 2 + ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
  return value;
}

/** Payloads in mode AAC-hbr, frames in order; the caller sets the marker on all but the first pieces of a cut frame, and counts the time. `most`: bytes per packet. */
export function packetiseAac(frames: readonly Uint8Array[], most = 1_400): { readonly payload: Uint8Array; readonly frames: number }[] {
  const packets: { payload: Uint8Array; frames: number }[] = [];
  let together: Uint8Array[] = [];
  let size = 2;
  const flush = () => {
    if (together.length > 0)
      packets.push({
        payload: described(
          together.map((frame) => frame.length),
          together,
        ),
        frames: together.length,
      });
    together = [];
    size = 2;
  };
  for (const frame of frames) {
    if (size + 2 + frame.length > most) flush();
    if (4 + frame.length <= most) {
      together.push(frame);
      size += 2 + frame.length;
      continue;
    }
    for (let at = 0; at < frame.length; at += most - 4) {
      const piece = frame.subarray(at, at + most - 4);
      packets.push({ payload: described([frame.length], [piece]), frames: at + piece.length === frame.length ? 1 : 0 });
    }
  }
  flush();
  return packets;
}

function described(sizes: readonly number[], pieces: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(2 + 2 * sizes.length);
  head.writeUInt16BE(16 * sizes.length, 0);
  // 13 bits of size, 3 of index, which is 0 without interleaving.
  for (const [index, size] of sizes.entries()) head.writeUInt16BE((size << 3) & 0xffff, 2 + 2 * index);
  return Buffer.concat([head, ...pieces]);
}

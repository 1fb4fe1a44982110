/** Runs of whole interleaved RTP packets ("$", channel, 16-bit length, packet), as the media plane keeps them. */
import { rtpPayloadEnd, rtpPayloadStart } from './packet.ts';

const frameHead = 4;

export interface PayloadReader {
  /** The payload at bytes[start, end) of the packet that begins at `packet`. `gap`: packets before this one are missing. */
  payload(bytes: Buffer, start: number, end: number, packet: number, gap: boolean): void;
}

/**
 * Reads the payloads in order; what is no RTP packet is left out.
 * `next`: the sequence number that would be no gap, -1 for any. Returns that of the run that may follow.
 */
export function readPayloads(wire: readonly Buffer[], reader: PayloadReader, next = -1): number {
  let expected = next;
  for (const bytes of wire) {
    for (let at = 0; at + frameHead <= bytes.length; ) {
      const packet = at + frameHead;
      const end = packet + bytes.readUInt16BE(at + 2);
      at = end;
      if (end > bytes.length) break;
      const start = rtpPayloadStart(bytes, packet, end);
      if (start < 0) continue;
      const sequence = bytes.readUInt16BE(packet + 2);
      reader.payload(bytes, start, rtpPayloadEnd(bytes, packet, end), packet, expected >= 0 && sequence !== expected);
      expected = (sequence + 1) & 0xffff;
    }
  }
  return expected;
}

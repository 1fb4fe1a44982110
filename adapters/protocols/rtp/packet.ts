/** RTP packets (RFC 3550 §5.1): header read in place, header written. */
import { ProtocolError } from '../protocol-error.ts';

export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

export interface RtpPacket extends RtpHeader {
  /** Shares the packet's bytes; padding and header extension are left out. */
  readonly payload: Uint8Array;
}

export const rtpHeaderLength = 12;

/** Throws ProtocolError for what is no RTP packet. */
export function parseRtp(packet: Uint8Array): RtpPacket {
  const from = rtpPayloadStart(packet, 0, packet.length);
  if (from < 0) throw new ProtocolError('an RTP packet', `${packet.length} bytes, first 0x${(packet[0] ?? 0).toString(16)}`, 'the header');
  return {
    marker: (packet[1]! & 0x80) !== 0,
    payloadType: packet[1]! & 0x7f,
    sequence: (packet[2]! << 8) | packet[3]!,
    timestamp: rtpTimestamp(packet, 0),
    ssrc: uint32(packet, 8),
    payload: packet.subarray(from, rtpPayloadEnd(packet, 0, packet.length)),
  };
}

/** Where the payload of the packet at bytes[start, end) begins; -1 when that is no RTP packet. No object: asked for every packet. */
export function rtpPayloadStart(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < rtpHeaderLength || bytes[start]! >> 6 !== 2) return -1;
  const first = bytes[start]!;
  let from = start + rtpHeaderLength + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (from + 4 > end) return -1;
    from += 4 + 4 * ((bytes[from + 2]! << 8) | bytes[from + 3]!);
  }
  // Padding counts itself, so its length is never 0.
  if (first & 0x20 && bytes[end - 1] === 0) return -1;
  return from <= rtpPayloadEnd(bytes, start, end) ? from : -1;
}

/** Where the payload of a packet ends that has one. */
export function rtpPayloadEnd(bytes: Uint8Array, start: number, end: number): number {
  return bytes[start]! & 0x20 ? end - bytes[end - 1]! : end;
}

export function rtpTimestamp(bytes: Uint8Array, start: number): number {
  return uint32(bytes, start + 4);
}

export function writeRtp(header: RtpHeader, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(rtpHeaderLength + payload.length);
  packet[0] = 0x80;
  packet[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  packet.writeUInt16BE(header.sequence & 0xffff, 2);
  packet.writeUInt32BE(header.timestamp >>> 0, 4);
  packet.writeUInt32BE(header.ssrc >>> 0, 8);
  packet.set(payload, rtpHeaderLength);
  return packet;
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** NAL units into RTP payloads. */
import type { NalFormat } from './nal-format.ts';

/**
 * The payloads of one access unit, in order; the caller sets the marker on the last one.
 * Small neighbours share a packet, large units are cut. `most`: payload bytes per packet.
 */
export function packetiseNals(format: NalFormat, nals: readonly Uint8Array[], most = 1400): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  let size = format.headerLength;
  const flush = () => {
    if (together.length === 1) payloads.push(together[0]!);
    else if (together.length > 1) payloads.push(aggregate(format, together, size));
    together = [];
    size = format.headerLength;
  };
  for (const nal of nals) {
    if (nal.length < format.headerLength) continue;
    if (nal.length > most) {
      flush();
      payloads.push(...fragments(format, nal, most));
      continue;
    }
    if (size + 2 + nal.length > most) flush();
    together.push(nal);
    size += 2 + nal.length;
  }
  flush();
  return payloads;
}

function aggregate(format: NalFormat, nals: readonly Uint8Array[], size: number): Uint8Array {
  const payload = Buffer.allocUnsafe(size);
  writeAggregateHeader(format, nals, payload);
  let at: number = format.headerLength;
  for (const nal of nals) {
    payload.writeUInt16BE(nal.length, at);
    payload.set(nal, at + 2);
    at += 2 + nal.length;
  }
  return payload;
}

function writeAggregateHeader(format: NalFormat, nals: readonly Uint8Array[], payload: Buffer): void {
  if (format.headerLength === 1) {
    // RFC 6184 §5.7.1: the importance (NRI) of the aggregate is the highest of its units.
    payload[0] = format.aggregate | nals.reduce((highest, nal) => Math.max(highest, nal[0]! & 0x60), 0);
    return;
  }
  // RFC 7798 §4.4.2: layer and temporal id are the lowest of its units.
  const layer = nals.reduce((lowest, nal) => Math.min(lowest, ((nal[0]! & 1) << 5) | (nal[1]! >> 3)), 63);
  const temporal = nals.reduce((lowest, nal) => Math.min(lowest, nal[1]! & 7), 7);
  payload[0] = (format.aggregate << format.typeShift) | (layer >> 5);
  payload[1] = ((layer & 0x1f) << 3) | temporal;
}

function fragments(format: NalFormat, nal: Uint8Array, most: number): Uint8Array[] {
  const { headerLength, typeShift, typeMask } = format;
  const payloads: Uint8Array[] = [];
  const room = most - headerLength - 1;
  for (let at: number = headerLength; at < nal.length; at += room) {
    const end = Math.min(nal.length, at + room);
    const payload = Buffer.allocUnsafe(headerLength + 1 + end - at);
    payload[0] = (nal[0]! & ~(typeMask << typeShift)) | (format.fragment << typeShift);
    if (headerLength === 2) payload[1] = nal[1]!;
    payload[headerLength] = (at === headerLength ? 0x80 : 0) | (end === nal.length ? 0x40 : 0) | ((nal[0]! >> typeShift) & typeMask);
    payload.set(nal.subarray(at, end), headerLength + 1);
    payloads.push(payload);
  }
  return payloads;
}

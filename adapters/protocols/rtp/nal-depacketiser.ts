/** NAL units out of RTP payloads: single units, aggregates and fragments of H.264 (RFC 6184 §5) and H.265 (RFC 7798 §4.4). */
import { findStartCode, splitAnnexB, startsWithStartCode, withoutTrailingZeros } from '../h26x/nal.ts';
import { type NalFormat, nalType } from './nal-format.ts';
import { rtpPayloadEnd, rtpPayloadStart } from './packet.ts';
import { type PayloadReader, readPayloads } from './wire.ts';

/** More units in one run than any picture has are left out: each costs an object. */
const mostUnits = 2_048;

/** Room for so many bytes. */
export type Room = (bytes: number) => Buffer;

/** The NAL units in runs of whole interleaved packets; malformed ones and such with a piece missing are left out. Units share the wire's bytes where they can; those in pieces are put together in `room`. */
export function depacketiseNals(format: NalFormat, wire: readonly Buffer[], room: Room = Buffer.allocUnsafe): Uint8Array[] {
  const assembler = new NalAssembler(format, wire, room);
  readPayloads(wire, assembler);
  return assembler.units;
}

/**
 * Does the RTP packet at bytes[start, end) begin a picture that needs no other, or a parameter set before one?
 * Looks at a few bytes and makes no object: it is asked for every packet until the answer is yes.
 */
export function opensPictureGroup(format: NalFormat, bytes: Buffer, start: number, end: number): boolean {
  const from = rtpPayloadStart(bytes, start, end);
  if (from < 0) return false;
  const to = rtpPayloadEnd(bytes, start, end);
  const head = format.headerLength;
  if (to - from <= head) return false;
  const type = nalType(format, bytes[from]!);
  if (type === format.fragment) {
    const header = bytes[from + head]!;
    return (header & 0x80) !== 0 && format.opens[header & format.typeMask] === 1;
  }
  if (type === format.aggregate) {
    for (let at = from + head; at + 2 < to; at += 2 + bytes.readUInt16BE(at)) {
      if (format.opens[nalType(format, bytes[at + 2]!)] === 1) return true;
    }
    return false;
  }
  if (startsWithStartCode(bytes, from, to)) return opensAfterStartCode(format, bytes, from, to);
  return format.opens[type] === 1;
}

/** Annex-B inside the payload (onvif-rtsp §3.2 quirk 18): parameter sets come early, with at most a delimiter or SEI before them. */
function opensAfterStartCode(format: NalFormat, bytes: Buffer, from: number, to: number): boolean {
  const last = Math.min(to, from + 256) - 3;
  for (let at = from; at < last; at += 1) {
    if (bytes[at + 2] !== 1 || bytes[at + 1] !== 0 || bytes[at] !== 0) continue;
    if (format.opens[nalType(format, bytes[at + 3]!)] === 1) return true;
  }
  return false;
}

class NalAssembler implements PayloadReader {
  readonly units: Uint8Array[] = [];
  readonly #format: NalFormat;
  readonly #wire: readonly Buffer[];
  readonly #room: Room;
  /** Where units in fragments are put together: one buffer for all of them, as large as the wire, since they cannot be larger. */
  #arena: Buffer | undefined;
  #from = 0;
  #to = 0;
  #open = false;

  constructor(format: NalFormat, wire: readonly Buffer[], room: Room) {
    this.#format = format;
    this.#wire = wire;
    this.#room = room;
  }

  payload(bytes: Buffer, start: number, end: number, _packet: number, gap: boolean): void {
    const format = this.#format;
    if (gap) this.#open = false;
    if (end - start < format.headerLength) return;
    const type = nalType(format, bytes[start]!);
    if (type === format.fragment) {
      this.#fragment(bytes, start, end);
      return;
    }
    this.#open = false;
    if (type === format.aggregate) this.#aggregate(bytes, start + format.headerLength, end);
    else this.#whole(bytes, start, end);
  }

  #aggregate(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at + 2 < end; ) {
      const to = at + 2 + bytes.readUInt16BE(at);
      if (to === at + 2 || to > end) return;
      this.#whole(bytes, at + 2, to);
      at = to;
    }
  }

  #fragment(bytes: Buffer, start: number, end: number): void {
    const { headerLength, typeShift, typeMask } = this.#format;
    if (end - start <= headerLength) return;
    const header = bytes[start + headerLength]!;
    const body = start + headerLength + 1;
    if (header & 0x80) {
      this.#arena ??= this.#room(this.#wire.reduce((sum, run) => sum + run.length, 0));
      // The type of a unit's first fragment counts: some cameras change it on the way (Tiandy, quirk 21).
      this.#arena[this.#from] = (bytes[start]! & ~(typeMask << typeShift)) | ((header & typeMask) << typeShift);
      if (headerLength === 2) this.#arena[this.#from + 1] = bytes[start + 1]!;
      this.#to = this.#from + headerLength;
      this.#open = true;
    }
    if (!this.#open) return;
    const arena = this.#arena!;
    this.#to += bytes.copy(arena, this.#to, body, end);
    // A fragment that both starts and ends its unit is forbidden, and sent all the same (CostarHD, IMX415; quirk 21).
    if (!(header & 0x40)) return;
    this.#open = false;
    const from = this.#from;
    this.#from = this.#to;
    this.#whole(arena, startsWithStartCode(arena, from + headerLength, this.#to) ? from + headerLength : from, this.#to);
  }

  #whole(bytes: Buffer, start: number, end: number): void {
    const unit = bytes.subarray(start, end);
    if (startsWithStartCode(unit)) {
      this.#split(unit);
      return;
    }
    // No unit contains a start code. Revotech and V380 send a whole picture, parameter sets first, as if it were one unit (quirk 18).
    const next = nalType(this.#format, unit[0]!) > this.#format.lastSlice ? findStartCode(unit) : -1;
    if (next < 0) {
      this.#push(unit);
      return;
    }
    this.#push(unit.subarray(0, withoutTrailingZeros(unit, 0, next)));
    this.#split(unit.subarray(next));
  }

  #split(stream: Uint8Array): void {
    for (const unit of splitAnnexB(stream)) this.#push(unit);
  }

  #push(unit: Uint8Array): void {
    const { headerLength, firstType, lastType } = this.#format;
    if (unit.length < headerLength || this.units.length >= mostUnits) return;
    const type = nalType(this.#format, unit[0]!);
    // H.265 counts its temporal id from 1 (ITU-T H.265 §7.4.2.2).
    const valid = type >= firstType && type <= lastType && (headerLength === 1 || (unit[1]! & 7) !== 0);
    if (valid) this.units.push(unit);
  }
}

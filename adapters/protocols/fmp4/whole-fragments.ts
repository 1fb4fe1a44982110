/** How far a fragmented file can be played that nobody finished: up to its last whole fragment. Reads headers, never the pictures. */
import { readReferenceTime } from './reference-time.ts';

export interface WholeFragments {
  /** Bytes up to the end of the last whole fragment; 0: there is none. */
  readonly end: number;
  readonly fragments: number;
  /** When its first picture came, epoch ms, where the file tells (prft). */
  readonly began?: number;
  /** From the first decode time to the last, ms. */
  readonly length: number;
}

/** A box that is read whole is no longer than this; a moof of a clip has one picture, one of another program some hundreds. */
const mostRead = 256 * 1024;
/** Of version, flags and times in mdhd (ISO/IEC 14496-12 §8.4.2). */
const timescalePlaces = { 0: 20, 1: 28 } as const;

/** `read`: so many bytes from there, fewer only at the end of the file. One video track, as all clips have. */
export async function wholeFragments(size: number, read: (at: number, length: number) => Promise<Buffer>): Promise<WholeFragments> {
  let timescale = 0;
  let began: number | undefined;
  let pending: number | undefined;
  let first: number | undefined;
  let last = 0;
  let end = 0;
  let fragments = 0;
  for (let at = 0; size - at >= 8; ) {
    const head = await read(at, 8);
    const length = head.length < 8 ? 0 : head.readUInt32BE(0);
    if (length < 8 || at + length > size) break;
    const type = head.toString('latin1', 4, 8);
    if (type === 'moov' || type === 'prft' || type === 'moof') {
      if (length > mostRead) break;
      const bytes = await read(at, length);
      if (bytes.length < length) break;
      if (type === 'moov') timescale = timescaleOf(bytes) ?? 0;
      if (timescale === 0) break;
      if (type === 'prft') began ??= readReferenceTime(bytes, timescale);
      if (type === 'moof') pending = decodeTimeOf(bytes);
    }
    at += length;
    if (type !== 'mdat' || pending === undefined) continue;
    first ??= pending;
    last = Math.max(last, pending);
    pending = undefined;
    fragments += 1;
    end = at;
  }
  const span = timescale === 0 || first === undefined ? 0 : ((last - first) / timescale) * 1_000;
  return { end, fragments, length: span, ...(began === undefined ? {} : { began }) };
}

function timescaleOf(moov: Buffer): number | undefined {
  const mdhd = inside(moov, ['trak', 'mdia', 'mdhd']);
  const place = mdhd?.[8] === 1 ? timescalePlaces[1] : timescalePlaces[0];
  return mdhd && mdhd.length >= place + 4 ? mdhd.readUInt32BE(place) || undefined : undefined;
}

function decodeTimeOf(moof: Buffer): number | undefined {
  const tfdt = inside(moof, ['traf', 'tfdt']);
  if (!tfdt || tfdt.length < (tfdt[8] === 1 ? 20 : 16)) return undefined;
  return tfdt[8] === 1 ? Number(tfdt.readBigUInt64BE(12)) : tfdt.readUInt32BE(12);
}

/** The first box on this path inside a box. */
function inside(box: Buffer, [type, ...further]: readonly string[]): Buffer | undefined {
  for (let at = 8; box.length - at >= 8; ) {
    const length = box.readUInt32BE(at);
    if (length < 8 || at + length > box.length) return undefined;
    if (box.toString('latin1', at + 4, at + 8) === type) {
      const found = box.subarray(at, at + length);
      return further.length === 0 ? found : inside(found, further);
    }
    at += length;
  }
  return undefined;
}

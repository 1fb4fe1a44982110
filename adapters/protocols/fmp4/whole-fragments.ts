/** How far a fragmented file can be played that nobody finished: up to its last whole fragment. Reads headers, never the pictures. */
import { inside } from './children.ts';
import { trackId } from './movie.ts';
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

/** `read`: so many bytes from there, fewer only at the end of the file. The times are those of its first track, the pictures. */
export async function wholeFragments(size: number, read: (at: number, length: number) => Promise<Buffer>): Promise<WholeFragments> {
  let timescale = 0;
  let began: number | undefined;
  let pending: { readonly track: number; readonly decodeTime: number } | undefined;
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
      if (type === 'moof') pending = startOf(bytes);
    }
    at += length;
    if (type !== 'mdat' || pending === undefined) continue;
    if (pending.track === trackId) {
      first ??= pending.decodeTime;
      last = Math.max(last, pending.decodeTime);
    }
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

function startOf(moof: Buffer): { readonly track: number; readonly decodeTime: number } | undefined {
  const tfhd = inside(moof, ['traf', 'tfhd']);
  const tfdt = inside(moof, ['traf', 'tfdt']);
  if (!tfhd || tfhd.length < 16 || !tfdt || tfdt.length < (tfdt[8] === 1 ? 20 : 16)) return undefined;
  return { track: tfhd.readUInt32BE(12), decodeTime: tfdt[8] === 1 ? Number(tfdt.readBigUInt64BE(12)) : tfdt.readUInt32BE(12) };
}

/** The headers of a program stream, read strictly (ISO/IEC 13818-1 §2.5.3, §2.4.3.6): whatever is not as it must be is reported, and reading goes on. */
import { clockRate, crc32Mpeg, ticksBetween } from './streams.ts';

export type PsRule =
  /** Bytes that belong to nothing. */
  | 'stray-bytes'
  /** A structure that ends before it is complete, or the stream does. */
  | 'cut-short'
  /** Fixed bits that are not as they are fixed. */
  | 'fixed-bits'
  /** Lengths that do not fit what they count. */
  | 'length'
  /** A pack of MPEG-1. */
  | 'mpeg-1'
  | 'mux-rate'
  /** The system clock runs backwards. */
  | 'clock-back'
  /** Something stands where it may not. */
  | 'misplaced'
  | 'checksum'
  /** A map that is not yet valid, or that changes without a new version. */
  | 'map-version'
  /** Packets of a stream that no map announces. */
  | 'undeclared'
  /** Private streams, padding and the like: allowed by ISO, expected by no GB receiver. */
  | 'unexpected-stream'
  | 'scrambled'
  /** Times that contradict one another. */
  | 'timestamp';

/** `at`: index in the bytes that are read. */
export type Report = (rule: PsRule, at: number, what: string) => void;

/** Length of the pack header that begins at `at`; while too little of it is there to know, more than is there. */
export function packHeaderLengthAt(bytes: Uint8Array, at: number): number {
  const have = bytes.length - at;
  if (have < 8) return 8;
  // Some recorders send the bare start code with the next one behind it.
  if (bytes[at + 4] === 0 && bytes[at + 5] === 0 && bytes[at + 6] === 1) return 4;
  if (bytes[at + 4]! >> 4 === 2) return 12;
  return have < 14 ? 14 : 14 + (bytes[at + 13]! & 7);
}

/** Undefined where there is no clock in it. */
export function readPackHeader(
  bytes: Buffer,
  at: number,
  end: number,
  report: Report,
): { readonly scr: number; readonly muxRate: number } | undefined {
  if (end === at + 4) {
    report('cut-short', at, 'a pack header without anything in it');
    return undefined;
  }
  if (end === at + 12) {
    report('mpeg-1', at, 'a pack header of MPEG-1');
    return undefined;
  }
  const [b4, b6, b8, b9] = [bytes[at + 4]!, bytes[at + 6]!, bytes[at + 8]!, bytes[at + 9]!];
  const fixed = b4 >> 6 === 1 && (b4 & 4) !== 0 && (b6 & 4) !== 0 && (b8 & 4) !== 0 && (b9 & 1) !== 0;
  if (!fixed) report('fixed-bits', at + 4, `the clock ${bytes.toString('hex', at + 4, at + 10)}`);
  if ((bytes[at + 12]! & 3) !== 3 || bytes[at + 13]! >> 3 !== 0x1f) report('fixed-bits', at + 12, 'the end of a pack header');
  if (!allOnes(bytes, at + 14, end)) report('fixed-bits', at + 14, 'stuffing that is not FF');
  const muxRate = (bytes.readUIntBE(at + 10, 3) & 0xfffffc) >>> 2;
  if (muxRate === 0) report('mux-rate', at + 10, 'a mux rate of 0');
  const extension = ((b8 & 3) << 7) | (b9 >> 1);
  if (extension >= 300) report('fixed-bits', at + 8, `a clock extension of ${extension}`);
  const high = (b4 >> 3) & 7;
  const low = ((b4 & 3) << 28) | (bytes[at + 5]! << 20) | ((b6 >> 3) << 15) | ((b6 & 3) << 13) | (bytes[at + 7]! << 5) | (b8 >> 3);
  return { scr: high * 2 ** 30 + low, muxRate };
}

/** The ids whose buffers it bounds. */
export function readSystemHeader(bytes: Buffer, at: number, end: number, report: Report): number[] {
  const fixedPart = 6;
  const from = at + 6;
  if (end - from < fixedPart || (end - from - fixedPart) % 3 !== 0) {
    report('length', at + 4, `a system header of ${end - from} bytes`);
    return [];
  }
  const fixed = (bytes[from]! & 0x80) !== 0 && (bytes[from + 2]! & 1) !== 0 && (bytes[from + 4]! & 0x20) !== 0 && (bytes[from + 5]! & 0x7f) === 0x7f;
  if (!fixed) report('fixed-bits', from, 'the system header');
  const ids: number[] = [];
  for (let entry = from + fixedPart; entry < end; entry += 3) {
    const id = bytes[entry]!;
    if (id < 0x80 || bytes[entry + 1]! >> 6 !== 3) report('fixed-bits', entry, `the bounds of stream ${id.toString(16)}`);
    ids.push(id);
  }
  const sounds = ids.filter((id) => id >> 5 === 6).length;
  const pictures = ids.filter((id) => id >> 4 === 14).length;
  if (sounds > bytes[from + 3]! >> 2 || pictures > (bytes[from + 4]! & 0x1f)) report('length', from + 3, 'fewer streams announced than bounded');
  return ids;
}

export interface PsMapEntry {
  /** stream_type. */
  readonly type: number;
  readonly id: number;
}

export interface PsMap {
  readonly version: number;
  readonly current: boolean;
  readonly entries: readonly PsMapEntry[];
}

const longestMap = 1_018;

/** Undefined where its lengths make no sense. */
export function readStreamMap(bytes: Buffer, at: number, end: number, report: Report): PsMap | undefined {
  const from = at + 6;
  const size = end - from;
  if (size < 10 || size > longestMap) {
    report('length', at + 4, `a stream map of ${size} bytes`);
    return undefined;
  }
  if ((bytes[from + 1]! & 1) === 0) report('fixed-bits', from + 1, 'the stream map');
  const info = bytes.readUInt16BE(from + 2);
  const mapAt = from + 4 + info;
  const mapEnd = mapAt + 2 + (mapAt + 2 <= end - 4 ? bytes.readUInt16BE(mapAt) : 0);
  if (mapAt + 2 > end - 4 || mapEnd !== end - 4) {
    report('length', from + 2, 'a stream map whose parts do not fill it');
    return undefined;
  }
  const crc = crc32Mpeg(bytes.subarray(at, end - 4));
  if (crc !== bytes.readUInt32BE(end - 4)) {
    // Hikvision's are right but for their order. Fixture: ps/hikvision-keyframe.rtp.
    const reversed = crc === bytes.readUInt32LE(end - 4);
    report(
      'checksum',
      end - 4,
      reversed ? 'the CRC of the stream map, its lowest byte first' : `the CRC ${bytes.toString('hex', end - 4, end)} of the stream map`,
    );
  }
  const entries: PsMapEntry[] = [];
  for (let entry = mapAt + 2; entry < mapEnd; ) {
    const length = entry + 4 <= mapEnd ? bytes.readUInt16BE(entry + 2) : mapEnd;
    if (entry + 4 + length > mapEnd) {
      report('length', entry, 'an entry that runs out of the stream map');
      break;
    }
    entries.push({ type: bytes[entry]!, id: bytes[entry + 1]! });
    entry += 4 + length;
  }
  return { version: bytes[from]! & 0x1f, current: (bytes[from]! & 0x80) !== 0, entries };
}

export interface PesHeader {
  readonly pts?: number;
  readonly dts?: number;
  /** The payload begins with a picture or a frame of sound. */
  readonly aligned: boolean;
  /** Index of the payload. */
  readonly payload: number;
}

/** Of the packet at bytes[at, end). */
export function readPesHeader(bytes: Buffer, at: number, end: number, report: Report): PesHeader {
  const from = at + 6;
  if (end - from < 3) {
    report('length', at + 4, `a packet of ${end - from} bytes`);
    return { aligned: false, payload: end };
  }
  const [first, flags, length] = [bytes[from]!, bytes[from + 1]!, bytes[from + 2]!];
  if (first >> 6 !== 2) report('fixed-bits', from, `the packet header ${first.toString(16)}`);
  if ((first & 0x30) !== 0) report('scrambled', from, 'a scrambled packet');
  const payload = from + 3 + length;
  const stamps = flags >> 6;
  const stampsEnd = from + 3 + (stamps === 2 ? 5 : stamps === 3 ? 10 : 0);
  if (payload > end || stampsEnd > payload) {
    report('length', from + 2, `a packet header of ${length} bytes`);
    return { aligned: false, payload: Math.min(payload, end) };
  }
  if (stamps === 1) report('timestamp', from + 1, 'a time of decoding without one of showing');
  if ((flags & 0x3f) === 0 && !allOnes(bytes, stampsEnd, payload)) report('fixed-bits', stampsEnd, 'stuffing that is not FF');
  const aligned = (first & 4) !== 0;
  if (stamps < 2) return { aligned, payload };
  const pts = readTimestamp(bytes, from + 3, stamps, report);
  if (stamps === 2) return { aligned, payload, pts };
  const dts = readTimestamp(bytes, from + 8, 1, report);
  const wait = ticksBetween(dts, pts);
  if (wait < 0 || wait > clockRate) report('timestamp', from + 3, `shown ${wait} ticks after it is decoded`);
  return { aligned, payload, pts, dts };
}

function readTimestamp(bytes: Buffer, at: number, prefix: number, report: Report): number {
  const [b0, b2, b4] = [bytes[at]!, bytes[at + 2]!, bytes[at + 4]!];
  if (b0 >> 4 !== prefix || (b0 & b2 & b4 & 1) === 0) report('fixed-bits', at, `the time ${bytes.toString('hex', at, at + 5)}`);
  return ((b0 >> 1) & 7) * 2 ** 30 + ((bytes[at + 1]! << 22) | ((b2 >> 1) << 15) | (bytes[at + 3]! << 7) | (b4 >> 1));
}

function allOnes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0xff) return false;
  return true;
}

/** Fragmented MP4 with one H.264 track: an init segment, then one fragment per picture (ISO/IEC 14496-12 §8, 14496-15 §5). */

import { h264Nal, h264NalType } from '../h26x/nal.ts';
import { avcCodec, type H264Sps, parseH264Sps } from '../h26x/sps.ts';
import { ProtocolError } from '../protocol-error.ts';
import { box, fullBox, u8, u16, u32, unityMatrix } from './boxes.ts';

export interface Fmp4Facts {
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond?: number;
}

export interface Fmp4Frame {
  readonly units: readonly Uint8Array[];
  /** Ticks of the clock rate since the first picture. */
  readonly decodeTime: number;
  readonly duration: number;
  readonly keyframe: boolean;
}

const trackId = 1;
/** ISO/IEC 14496-12 §8.8.3.1: depends on nothing; or depends on others and is no sync sample. */
const syncSample = 0x02000000;
const otherSample = 0x01010000;
const movieTimescale = 1_000;
const profilesWithChroma = new Set([100, 110, 122, 144]);

/** Throws ProtocolError where there is no readable SPS, or no PPS. */
export function h264Facts(parameterSets: readonly Uint8Array[]): Fmp4Facts {
  const { sps } = pick(parameterSets);
  return {
    codecs: avcCodec(sps),
    width: sps.width,
    height: sps.height,
    ...(sps.framesPerSecond === undefined ? {} : { framesPerSecond: sps.framesPerSecond }),
  };
}

export class H264Muxer {
  readonly facts: Fmp4Facts;
  readonly init: Uint8Array;
  #sequence = 0;

  constructor(parameterSets: readonly Uint8Array[], clockRate: number) {
    const { sps, spsUnits, ppsUnits } = pick(parameterSets);
    this.facts = h264Facts(parameterSets);
    this.init = Buffer.concat([
      box('ftyp', Buffer.from('iso6'), u32(1), Buffer.from('iso6iso5mp41avc1')),
      movie(sampleEntry(sps, spsUnits, ppsUnits), sps, clockRate),
    ]);
  }

  fragment(frame: Fmp4Frame): Uint8Array {
    // Parameter sets live in the sample entry (14496-15 §5.3.2); delimiters and filler are of no use in a file.
    const units = frame.units.filter((unit) => belongsInSample(h264NalType(unit)));
    const size = units.reduce((sum, unit) => sum + 4 + unit.length, 0);
    const head = movieFragment(this.#sequence, frame, size);
    this.#sequence = (this.#sequence + 1) >>> 0;
    const bytes = Buffer.allocUnsafeSlow(head.length + 8 + size);
    head.copy(bytes);
    let at = head.length;
    bytes.writeUInt32BE(8 + size, at);
    bytes.write('mdat', at + 4, 'latin1');
    at += 8;
    for (const unit of units) {
      bytes.writeUInt32BE(unit.length, at);
      bytes.set(unit, at + 4);
      at += 4 + unit.length;
    }
    return bytes;
  }
}

function belongsInSample(type: number): boolean {
  return (type >= 1 && type <= h264Nal.sei) || (type >= 13 && type <= 23);
}

function pick(parameterSets: readonly Uint8Array[]) {
  const spsUnits = parameterSets.filter((unit) => h264NalType(unit) === h264Nal.sps).slice(0, 31);
  const ppsUnits = parameterSets.filter((unit) => h264NalType(unit) === h264Nal.pps).slice(0, 255);
  const [first] = spsUnits;
  if (!first || ppsUnits.length === 0) throw new ProtocolError('an SPS and a PPS', `${spsUnits.length} and ${ppsUnits.length}`, 'the parameter sets');
  return { sps: parseH264Sps(first), spsUnits, ppsUnits };
}

/** avc1 with its avcC (14496-15 §5.3.3, §5.4.2). */
function sampleEntry(sps: H264Sps, spsUnits: readonly Uint8Array[], ppsUnits: readonly Uint8Array[]): Buffer {
  const listed = (units: readonly Uint8Array[]) => units.flatMap((unit) => [u16(unit.length), unit]);
  const chroma = profilesWithChroma.has(sps.profile)
    ? [u8(0xfc | sps.chromaFormat, 0xf8 | (sps.bitDepthLuma - 8), 0xf8 | (sps.bitDepthChroma - 8), 0)]
    : [];
  const configuration = box(
    'avcC',
    u8(1, sps.profile, sps.constraints, sps.level, 0xff, 0xe0 | spsUnits.length),
    ...listed(spsUnits),
    u8(ppsUnits.length),
    ...listed(ppsUnits),
    ...chroma,
  );
  return box(
    'avc1',
    u8(0, 0, 0, 0, 0, 0),
    u16(1),
    Buffer.alloc(16),
    u16(sps.width, sps.height),
    u32(0x00480000, 0x00480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(0x18, 0xffff),
    configuration,
  );
}

function movie(entry: Buffer, sps: H264Sps, clockRate: number): Buffer {
  const tables = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), entry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const information = box('minf', fullBox('vmhd', 0, 1, Buffer.alloc(8)), box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))), tables);
  const media = box(
    'mdia',
    // Language `und`.
    fullBox('mdhd', 0, 0, u32(0, 0, clockRate, 0), u16(0x55c4, 0)),
    fullBox('hdlr', 0, 0, u32(0), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('video\0')),
    information,
  );
  const header = fullBox('tkhd', 0, 3, u32(0, 0, trackId, 0, 0), Buffer.alloc(16), unityMatrix, u32(sps.width * 65_536, sps.height * 65_536));
  return box(
    'moov',
    fullBox('mvhd', 0, 0, u32(0, 0, movieTimescale, 0, 0x00010000), u16(0x0100, 0), Buffer.alloc(8), unityMatrix, Buffer.alloc(24), u32(trackId + 1)),
    box('trak', header, media),
    box('mvex', fullBox('trex', 0, 0, u32(trackId, 1, 0, 0, 0))),
  );
}

/** The length of a moof as written below: every field has a fixed size. */
const fragmentHead = 8 + 16 + 8 + 16 + 20 + 32;

function movieFragment(sequence: number, frame: Fmp4Frame, size: number): Buffer {
  const high = Math.floor(frame.decodeTime / 2 ** 32);
  const moof = box(
    'moof',
    fullBox('mfhd', 0, 0, u32(sequence + 1)),
    box(
      'traf',
      // default-base-is-moof: the data offset counts from here.
      fullBox('tfhd', 0, 0x020000, u32(trackId)),
      fullBox('tfdt', 1, 0, u32(high, frame.decodeTime)),
      // data offset, and per sample: duration, size, flags.
      fullBox('trun', 0, 0x000701, u32(1, fragmentHead + 8, frame.duration, size, frame.keyframe ? syncSample : otherSample)),
    ),
  );
  return moof;
}

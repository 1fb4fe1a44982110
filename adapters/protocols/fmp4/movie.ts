/** ftyp and moov of a file with one track and no samples: what a player needs before the first fragment (ISO/IEC 14496-12 §8). */
import { box, fullBox, u16, u32, unityMatrix } from './boxes.ts';

export interface TrackHeader {
  readonly kind: 'video' | 'audio';
  /** Besides iso6, for example `avc1`. */
  readonly brand: string;
  /** Ticks per second. */
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  /** The one box inside stsd. */
  readonly sampleEntry: Uint8Array;
}

export const trackId = 1;
const movieTimescale = 1_000;

export function initSegment(track: TrackHeader): Buffer {
  return Buffer.concat([box('ftyp', Buffer.from('iso6'), u32(1), Buffer.from(`iso6iso5mp41${track.brand}`)), movie(track)]);
}

function movie({ kind, timescale, width, height, sampleEntry }: TrackHeader): Buffer {
  const video = kind === 'video';
  const tables = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const mediaHeader = video ? fullBox('vmhd', 0, 1, Buffer.alloc(8)) : fullBox('smhd', 0, 0, u32(0));
  const information = box('minf', mediaHeader, box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))), tables);
  const media = box(
    'mdia',
    // Language `und`.
    fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(0x55c4, 0)),
    fullBox('hdlr', 0, 0, u32(0), Buffer.from(video ? 'vide' : 'soun'), Buffer.alloc(12), Buffer.from(`${kind}\0`)),
    information,
  );
  // Layer, group, volume (1.0 for sound), reserved.
  const presentation = u16(0, 0, video ? 0 : 0x0100, 0);
  const header = fullBox('tkhd', 0, 3, u32(0, 0, trackId, 0, 0), Buffer.alloc(8), presentation, unityMatrix, u32(width * 65_536, height * 65_536));
  return box(
    'moov',
    fullBox('mvhd', 0, 0, u32(0, 0, movieTimescale, 0, 0x00010000), u16(0x0100, 0), Buffer.alloc(8), unityMatrix, Buffer.alloc(24), u32(trackId + 1)),
    box('trak', header, media),
    box('mvex', fullBox('trex', 0, 0, u32(trackId, 1, 0, 0, 0))),
  );
}

/** One fragmented file of pictures and sound, out of what two muxers with one track each bring (ISO/IEC 14496-12 §8.3, §8.8). */
import { box } from './boxes.ts';
import { childOf } from './children.ts';
import { fragmentPlaces } from './fragment.ts';
import { trackId } from './movie.ts';

/** Of sound, beside pictures. */
const soundId = trackId + 1;
/** In trak, whose first box is tkhd; in trex; of mvhd from its end. */
const idPlaces = { trak: 28, trex: 12, nextFromEnd: 4 } as const;

/** `pictures` and `sound`: the ftyp and moov of each. */
export function initOfBoth(pictures: Uint8Array, sound: Uint8Array): Uint8Array {
  const [first, second] = [moovOf(pictures), moovOf(sound)];
  const header = childOf(first, 'mvhd');
  const track = numbered(childOf(second, 'trak'), soundId, idPlaces.trak);
  const defaults = numbered(childOf(childOf(second, 'mvex'), 'trex'), soundId, idPlaces.trex);
  return Buffer.concat([
    pictures.subarray(0, bytesOf(pictures).readUInt32BE(0)),
    box(
      'moov',
      numbered(header, soundId + 1, header.length - idPlaces.nextFromEnd),
      childOf(first, 'trak'),
      track,
      box('mvex', childOf(childOf(first, 'mvex'), 'trex'), defaults),
    ),
  ]);
}

/** Makes a fragment of one track the so-manyth of a file of both, in place. */
export function placeFragment(fragment: Buffer, sequence: number, track: 'video' | 'audio'): void {
  fragment.writeUInt32BE((sequence + 1) >>> 0, fragmentPlaces.sequence);
  fragment.writeUInt32BE(track === 'audio' ? soundId : trackId, fragmentPlaces.track);
}

function moovOf(init: Uint8Array): Buffer {
  const bytes = bytesOf(init);
  return bytes.subarray(bytes.readUInt32BE(0)); // behind ftyp
}

function bytesOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function numbered(bytes: Buffer, id: number, place: number): Buffer {
  const own = Buffer.from(bytes);
  own.writeUInt32BE(id, place);
  return own;
}

/** moof and mdat with the samples of one track, written in one go into one buffer (ISO/IEC 14496-12 §8.8). */
import { box, fullBox, u32 } from './boxes.ts';
import { trackId } from './movie.ts';

/** §8.8.3.1: depends on nothing; or depends on others and is no sync sample. */
const syncSample = 0x02000000;
const otherSample = 0x01010000;

/** A moof without samples. Copied and filled in: thirty boxes per second and stream are thirty objects each. */
const template = box(
  'moof',
  fullBox('mfhd', 0, 0, u32(0)),
  box(
    'traf',
    // default-base-is-moof: the data offset counts from here.
    fullBox('tfhd', 0, 0x020000, u32(trackId)),
    fullBox('tfdt', 1, 0, u32(0, 0)),
    // data offset, and per sample: duration, size, flags, and when it is shown after it is decoded, which may be before.
    fullBox('trun', 1, 0x000f01, u32(0, 0)),
  ),
);
/** Of what a file of two tracks has its own. */
export const fragmentPlaces = { sequence: 20, track: 44 } as const;
const places = { ...fragmentPlaces, trackFragment: 24, decodeTime: 60, run: 68, sampleCount: 80, dataOffset: 84 } as const;
const bytesPerSample = 16;

/** Write the samples in order; then `bytes` is complete. */
export class FragmentWriter {
  readonly bytes: Buffer;
  #sample: number = template.length;
  #at: number;

  /** `decodeTime` of the first sample in ticks; `size` of all samples together; `room`: where it is written. */
  constructor(sequence: number, decodeTime: number, count: number, size: number, room: (bytes: number) => Buffer = Buffer.allocUnsafeSlow) {
    const table = count * bytesPerSample;
    const head = template.length + table;
    // By default not from the pool: the bytes may be transferred to another thread.
    const bytes = room(head + 8 + size);
    template.copy(bytes);
    bytes.writeUInt32BE(head, 0);
    bytes.writeUInt32BE((sequence + 1) >>> 0, places.sequence);
    bytes.writeUInt32BE(head - places.trackFragment, places.trackFragment);
    bytes.writeUInt32BE(Math.floor(decodeTime / 2 ** 32), places.decodeTime);
    bytes.writeUInt32BE(decodeTime % 2 ** 32, places.decodeTime + 4);
    bytes.writeUInt32BE(head - places.run, places.run);
    bytes.writeUInt32BE(count, places.sampleCount);
    bytes.writeUInt32BE(head + 8, places.dataOffset);
    bytes.writeUInt32BE(8 + size, head);
    bytes.write('mdat', head + 4, 'latin1');
    this.bytes = bytes;
    this.#at = head + 8;
  }

  /** The next sample in the table; its bytes follow with `unit` or `raw`. `offset`: ticks from being decoded to being shown. */
  sample(duration: number, size: number, sync: boolean, offset = 0): void {
    this.bytes.writeUInt32BE(duration, this.#sample);
    this.bytes.writeUInt32BE(size, this.#sample + 4);
    this.bytes.writeUInt32BE(sync ? syncSample : otherSample, this.#sample + 8);
    this.bytes.writeInt32BE(offset, this.#sample + 12);
    this.#sample += bytesPerSample;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A NAL unit behind its length (ISO/IEC 14496-15 §5.3.2). */
  unit(nal: Uint8Array): void {
    this.bytes.writeUInt32BE(nal.length, this.#at);
    this.#at += 4;
    this.raw(nal);
  }
}

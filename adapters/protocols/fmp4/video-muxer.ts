/** Fragmented MP4 with one video track: an init segment, then one fragment per picture. */
import { box, u8, u16, u32 } from './boxes.ts';
import { FragmentWriter } from './fragment.ts';
import { initSegment } from './movie.ts';

export interface VideoFacts {
  /** RFC 6381, for example `avc1.64001f`. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond?: number;
}

/** What depends on the codec. */
export interface VideoTrackFormat {
  readonly facts: VideoFacts;
  readonly brand: 'avc1' | 'hvc1';
  /** avcC or hvcC. */
  readonly configuration: Uint8Array;
  /** Parameter sets live in the sample entry (14496-15 §5.3.2, §8.3.2); delimiters and filler are of no use in a file. */
  belongsInSample(unit: Uint8Array): boolean;
}

export interface VideoFrame {
  readonly units: readonly Uint8Array[];
  /** Ticks of the clock rate since the first picture. */
  readonly decodeTime: number;
  /** From being decoded to being shown. */
  readonly offset: number;
  readonly duration: number;
  readonly keyframe: boolean;
}

export class VideoMuxer {
  readonly facts: VideoFacts;
  readonly init: Uint8Array;
  readonly #format: VideoTrackFormat;
  #sequence = 0;

  constructor(format: VideoTrackFormat, clockRate: number) {
    this.#format = format;
    this.facts = format.facts;
    const { width, height } = format.facts;
    this.init = initSegment({ kind: 'video', brand: format.brand, timescale: clockRate, width, height, sampleEntry: sampleEntry(format) });
  }

  /** `room`: where it is written; absent: somewhere new each time. */
  fragment({ units, decodeTime, offset, duration, keyframe }: VideoFrame, room?: (bytes: number) => Buffer): Uint8Array {
    const format = this.#format;
    let size = 0;
    for (const unit of units) if (format.belongsInSample(unit)) size += 4 + unit.length;
    const writer = new FragmentWriter(this.#sequence, decodeTime, 1, size, room);
    this.#sequence += 1;
    writer.sample(duration, size, keyframe, offset);
    for (const unit of units) if (format.belongsInSample(unit)) writer.unit(unit);
    return writer.bytes;
  }
}

/** VisualSampleEntry (14496-12 §12.1.3). */
function sampleEntry({ brand, facts, configuration }: VideoTrackFormat): Buffer {
  return box(
    brand,
    u8(0, 0, 0, 0, 0, 0),
    u16(1),
    Buffer.alloc(16),
    u16(facts.width, facts.height),
    u32(0x00480000, 0x00480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(0x18, 0xffff),
    configuration,
  );
}

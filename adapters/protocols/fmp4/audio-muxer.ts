/** Fragmented MP4 with one audio track: an init segment, then fragments of a few frames each. */
import { box, fullBox, u8, u16, u32 } from './boxes.ts';
import { FragmentWriter } from './fragment.ts';
import { initSegment } from './movie.ts';

export interface AudioFrame {
  readonly bytes: Uint8Array;
  /** In ticks of the track's clock rate. */
  readonly duration: number;
}

/** What depends on the codec. */
export interface AudioTrackFormat {
  /** RFC 6381, for example `mp4a.40.2`. */
  readonly codecs: string;
  readonly channels: number;
  readonly sampleRate: number;
  readonly entry: 'mp4a' | 'fLaC';
  /** esds or dfLa. */
  readonly configuration: Uint8Array;
  /** What goes into the file for frames as they came in RTP. */
  samples(frames: readonly AudioFrame[], decodeTime: number): readonly AudioFrame[];
}

export class AudioMuxer {
  readonly codecs: string;
  readonly init: Uint8Array;
  readonly #format: AudioTrackFormat;
  #sequence = 0;

  constructor(format: AudioTrackFormat, clockRate: number) {
    this.#format = format;
    this.codecs = format.codecs;
    this.init = initSegment({ kind: 'audio', brand: 'mp42', timescale: clockRate, width: 0, height: 0, sampleEntry: sampleEntry(format) });
  }

  /** Frames that follow one another; `decodeTime` of the first in ticks of the clock rate. */
  fragment(frames: readonly AudioFrame[], decodeTime: number): Uint8Array {
    const samples = this.#format.samples(frames, decodeTime);
    const size = samples.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const writer = new FragmentWriter(this.#sequence, decodeTime, samples.length, size);
    this.#sequence += 1;
    for (const { bytes, duration } of samples) {
      writer.sample(duration, bytes.length, true);
      writer.raw(bytes);
    }
    return writer.bytes;
  }
}

/** AudioSampleEntry (ISO/IEC 14496-12 §12.2.3). A rate above 16 bits is in the configuration only. */
function sampleEntry({ entry, channels, sampleRate, configuration }: AudioTrackFormat): Buffer {
  const rate = sampleRate < 65_536 ? sampleRate * 65_536 : 0;
  return box(entry, u8(0, 0, 0, 0, 0, 0), u16(1), Buffer.alloc(8), u16(channels, 16, 0, 0), u32(rate), configuration);
}

/** ES_Descriptor with its DecoderSpecificInfo (ISO/IEC 14496-1 §7.2.6, 14496-14 §5.6). `config`: an AudioSpecificConfig of at most 64 bytes. */
export function esdsBox(config: Uint8Array): Buffer {
  const specific = descriptor(5, config);
  // MPEG-4 audio, an audio stream; buffer and bit rates unknown.
  const decoder = descriptor(4, Buffer.concat([u8(0x40, 0x15, 0, 0, 0), u32(0, 0), specific]));
  return fullBox('esds', 0, 0, descriptor(3, Buffer.concat([u16(1), u8(0), decoder, descriptor(6, u8(2))])));
}

/** Below 128 bytes, so that its length is one byte. */
function descriptor(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([u8(tag, content.length), content]);
}

/** FLACSpecificBox: STREAMINFO as the last, and only, metadata block ("Encapsulation of FLAC in ISO Base Media File Format" §3.3.2). */
export function dflaBox(streamInfo: Uint8Array): Buffer {
  return fullBox('dfLa', 0, 0, u8(0x80, 0, 0, streamInfo.length), streamInfo);
}

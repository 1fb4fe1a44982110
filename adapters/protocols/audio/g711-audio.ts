/** Everything that a stream handler must know of G.711 in RTP (RFC 3551 §4.5.14): one byte is one sample. No browser plays it in a file: there it is FLAC. */
import { type AudioFrame, AudioMuxer, dflaBox } from '../fmp4/audio-muxer.ts';
import { type PayloadReader, readPayloads } from '../rtp/wire.ts';
import { encodeFlacFrame, flacStreamInfo, largestFlacBlock } from './flac.ts';
import { decodeG711, type G711Law } from './g711.ts';

export function g711Audio(law: G711Law, clockRate: number) {
  return {
    /** One frame per packet; the bytes are the wire's. */
    frames(wire: readonly Buffer[]): AudioFrame[] {
      const frames: AudioFrame[] = [];
      const reader: PayloadReader = {
        payload(bytes, start, end) {
          if (end > start) frames.push({ bytes: bytes.subarray(start, end), duration: end - start });
        },
      };
      readPayloads(wire, reader);
      return frames;
    },

    fmp4: (): AudioMuxer =>
      new AudioMuxer(
        {
          codecs: 'flac',
          channels: 1,
          sampleRate: clockRate,
          entry: 'fLaC',
          configuration: dflaBox(flacStreamInfo(clockRate)),
          samples: (frames, decodeTime) => flacOf(law, frames, decodeTime, clockRate),
        },
        clockRate,
      ),
  };
}

/** The sound of all frames, in as few FLAC blocks as it takes. */
function flacOf(law: G711Law, frames: readonly AudioFrame[], decodeTime: number, sampleRate: number): AudioFrame[] {
  const samples = new Int16Array(frames.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let filled = 0;
  for (const { bytes } of frames) {
    decodeG711(law, bytes, samples, filled);
    filled += bytes.length;
  }
  const blocks: AudioFrame[] = [];
  // Of about the same length: a block of a handful of samples at the end would cost more than it holds.
  const length = Math.ceil(samples.length / Math.ceil(samples.length / largestFlacBlock));
  for (let at = 0; at < samples.length; at += length) {
    const block = samples.subarray(at, at + length);
    blocks.push({ bytes: encodeFlacFrame(block, decodeTime + at, sampleRate), duration: block.length });
  }
  return blocks;
}

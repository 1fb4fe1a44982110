/**
 * Whole frames of a program stream as a strict receiver sees them: what one RTP timestamp brought (GB/T 28181-2022 Annexes C and F, facts §6.2).
 * Besides the violations of the stream itself it reports what makes platforms stay dark.
 */
import { h264Nal, h264NalType, h265Nal, h265NalType, isH264Slice, isH265Slice, splitAnnexB, startsWithStartCode } from '../h26x/nal.ts';
import { PsDemuxer, type PsPacket, type PsPiece, type PsViolation } from './demuxer.ts';
import type { PsMapEntry, PsRule } from './read-headers.ts';
import { type PsAudioCodec, type PsVideoCodec, streamTypes } from './streams.ts';

export type FrameRule =
  | PsRule
  /** A frame begins with a pack header, and has one. */
  | 'frame-start'
  /** The first packet of a picture has a time, the others have none. */
  | 'picture-time'
  /** A keyframe brings system header, stream map and parameter sets. */
  | 'keyframe'
  /** A stream begins with a keyframe. */
  | 'first-frame'
  /** The stream map says another codec than the bytes do. */
  | 'codec'
  /** Bytes of a picture that are no Annex B. */
  | 'annex-b';

export interface FrameViolation extends Omit<PsViolation, 'rule'> {
  readonly rule: FrameRule;
}

export interface ReceivedFrame {
  /** Of the picture, or of the first sound where there is none; ticks of 90 kHz, 33 bits. */
  readonly pts?: number;
  readonly keyframe: boolean;
  readonly video?: PsVideoCodec;
  readonly audio?: PsAudioCodec;
  /** NAL units without start codes. */
  readonly units: readonly Uint8Array[];
  readonly sounds: readonly { readonly pts?: number; readonly bytes: Buffer }[];
  readonly violations: readonly FrameViolation[];
}

const isVideo = (id: number) => id >= 0xe0 && id <= 0xef;
const isAudio = (id: number) => id >= 0xc0 && id <= 0xdf;
const codecOf = <C extends PsVideoCodec | PsAudioCodec>(codecs: readonly C[], type: number | undefined) =>
  codecs.find((codec) => streamTypes[codec] === type);

export class PsFrameReader {
  readonly #demuxer = new PsDemuxer();
  #entries: readonly PsMapEntry[] = [];
  #begun = false;

  /** All bytes of one frame, in order; what is missing of it comes out as a violation. */
  read(frame: Buffer): ReceivedFrame {
    const pieces = [...this.#demuxer.push(frame), ...this.#demuxer.end()];
    const violations: FrameViolation[] = pieces.filter((piece) => piece.kind === 'violation');
    const first = pieces[0]?.offset ?? 0;
    const found = (rule: FrameRule, what: string, offset = first) => violations.push({ kind: 'violation', offset, rule, what });
    for (const piece of pieces) if (piece.kind === 'stream-map') this.#entries = piece.entries;
    const video = codecOf(['h264', 'h265'], this.#entries.find(({ id }) => isVideo(id))?.type);
    const audio = codecOf(['pcma', 'pcmu', 'aac'], this.#entries.find(({ id }) => isAudio(id))?.type);

    const packs = pieces.filter(({ kind }) => kind === 'pack').length;
    if (packs !== 1) found('frame-start', `${packs} pack headers in one frame`);
    else if (pieces.find(({ kind }) => kind !== 'violation')?.kind !== 'pack')
      found('frame-start', 'a frame that does not begin with its pack header');
    const packets = pieces.filter((piece) => piece.kind === 'packet');
    const pictures = packets.filter(({ id }) => isVideo(id));
    const stream = Buffer.concat(pictures.map(({ payload }) => payload));
    const units = splitAnnexB(stream);
    const keyframe = isKeyframe(units, video);
    if (pictures.length > 0) {
      judgeTimes(pictures, found);
      if (!startsWithStartCode(stream)) found('annex-b', `a picture that begins with ${stream.toString('hex', 0, 4)}`, pictures[0]!.offset);
      else if (video && !looksLike(units, video))
        found('codec', `the stream map says ${video}, the picture does not look like it`, pictures[0]!.offset);
      if (keyframe) this.#judgeKeyframe(pieces, units, video, found);
      else if (!this.#begun) found('first-frame', 'the first picture is no keyframe');
      this.#begun = true;
    }
    const sounds = packets.filter(({ id }) => isAudio(id)).map(({ pts, payload }) => ({ ...(pts === undefined ? {} : { pts }), bytes: payload }));
    const pts = pictures[0]?.pts ?? sounds[0]?.pts;
    return {
      ...(pts === undefined ? {} : { pts }),
      keyframe,
      ...(video ? { video } : {}),
      ...(audio ? { audio } : {}),
      units,
      sounds,
      violations,
    };
  }

  #judgeKeyframe(
    pieces: readonly PsPiece[],
    units: readonly Uint8Array[],
    video: PsVideoCodec | undefined,
    found: (rule: FrameRule, what: string) => void,
  ): void {
    for (const kind of ['system-header', 'stream-map'] as const) {
      if (!pieces.some((piece) => piece.kind === kind)) found('keyframe', `a keyframe without a ${kind.replace('-', ' ')}`);
    }
    const types = units.map(video === 'h265' ? h265NalType : h264NalType);
    const needed = video === 'h265' ? [h265Nal.vps, h265Nal.sps, h265Nal.pps] : [h264Nal.sps, h264Nal.pps];
    if (!needed.every((type) => types.includes(type))) found('keyframe', 'a keyframe without its parameter sets');
  }
}

function judgeTimes(pictures: readonly PsPacket[], found: (rule: FrameRule, what: string, offset: number) => void): void {
  pictures.forEach(({ pts, offset }, index) => {
    if (index === 0 && pts === undefined) found('picture-time', 'a picture without a time', offset);
    if (index > 0 && pts !== undefined) found('picture-time', 'a second time within one picture', offset);
  });
}

function isKeyframe(units: readonly Uint8Array[], video: PsVideoCodec | undefined): boolean {
  if (video !== 'h265') return units.some((unit) => h264NalType(unit) === h264Nal.idr);
  return units.some((unit) => h265NalType(unit) >= h265Nal.firstIrap && h265NalType(unit) <= h265Nal.lastIrap);
}

/** H.264 that is called H.265, or the other way round, has no picture in it. */
function looksLike(units: readonly Uint8Array[], video: PsVideoCodec): boolean {
  return video === 'h265' ? units.some((unit) => isH265Slice(unit) && (unit[1]! & 7) > 0) : units.some(isH264Slice);
}

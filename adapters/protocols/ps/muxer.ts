/**
 * Pictures and sound as an MPEG-2 program stream, one frame at a time (GB/T 28181-2022 Annex F, ISO/IEC 13818-1 §2.5): a pack header; before a keyframe
 * system header and stream map; the picture in PES packets, its sound behind it.
 * A frame comes out as a few parts to be written one after the other: headers and small units in one buffer, large units as the bytes that came in.
 */
import { parseAacConfig } from '../audio/aac-config.ts';
import { AdtsWriter, adtsHeaderLength } from '../audio/adts.ts';
import { h264Nal, h264NalType, h265Nal, h265NalType, withoutTrailingZeros } from '../h26x/nal.ts';
import { openingHeaders, packHeaderLength, writePackHeader } from './headers.ts';
import { copiedLength, headRoom, PesWriter } from './pes-writer.ts';
import { type PsVideoCodec, streamIds } from './streams.ts';

/** Only what is really sent: platforms wait many seconds for a track that is announced and stays away. */
export interface PsMuxerTracks {
  readonly video?: PsVideoCodec;
  readonly audio?: { readonly codec: 'pcma' | 'pcmu' } | { readonly codec: 'aac'; readonly config: Uint8Array };
}

/** Times in ticks of 90 kHz, whatever the track's own clock: any whole number, 33 bits of it go out. */
export interface PsFrame {
  readonly pts: number;
  /** Of decoding, where pictures are sent in another order than they are shown. */
  readonly dts?: number;
  /** A receiver can begin here. */
  readonly keyframe: boolean;
  /** NAL units of one picture without start codes, all its slices; none where only sound is sent. */
  readonly units: readonly Uint8Array[];
  /** Put before a keyframe that brings none of its own: without them platforms stay dark. */
  readonly parameterSets?: readonly Uint8Array[];
  /** G.711 as it is, AAC frames without a header. */
  readonly sounds?: readonly PsSound[];
}

export interface PsSound {
  readonly bytes: Uint8Array;
  readonly pts: number;
}

const startCode = Buffer.of(0, 0, 0, 1);
/** The pack arrives this long before its picture is decoded: 40 ms. */
const lead = 3_600;
/** Nothing waits longer than a second to be decoded (ISO/IEC 13818-1 §2.4.2.6); what jumps further is another time. */
const longestWait = 90_000;

export class PsMuxer {
  readonly #video: PsVideoCodec | undefined;
  readonly #adts: AdtsWriter | undefined;
  readonly #opening: Buffer;
  /** By how much sound has lagged behind its pictures so far. */
  #lag = 0;
  #lastClock = Number.NEGATIVE_INFINITY;

  /** `version` of the stream map, 0 to 31: another one when the tracks of a running stream change. Throws ProtocolError for an AAC config that cannot be read. */
  constructor({ video, audio }: PsMuxerTracks, version = 0) {
    this.#video = video;
    this.#adts = audio?.codec === 'aac' ? new AdtsWriter(parseAacConfig(audio.config)) : undefined;
    this.#opening = openingHeaders({ video, audio: audio?.codec }, version);
  }

  /** The bytes of one frame, in parts that share the frame's own. All of them get one RTP timestamp. Throws ProtocolError for AAC of 8 KiB and more. */
  frame(frame: PsFrame): Uint8Array[] {
    const { pts, dts, keyframe, sounds = [] } = frame;
    const units = this.#unitsOf(frame);
    let size = 0;
    for (const unit of units) if (lengthOf(unit) > 0) size += startCode.length + lengthOf(unit);
    const clock = this.#clockFor(dts ?? pts, sounds);
    const writer = new PesWriter(this.#roomFor(units, size, sounds));
    writer.header((bytes, at) => writePackHeader(bytes, at, clock));
    if (keyframe) writer.header((bytes, at) => at + this.#opening.copy(bytes, at));
    if (size > 0) writer.begin(streamIds.video, size, pts, dts);
    for (const unit of units) {
      const length = lengthOf(unit);
      if (length === 0) continue;
      writer.carry(startCode, startCode.length);
      writer.carry(unit, length);
    }
    for (const sound of sounds) this.#sound(writer, sound);
    return writer.finish();
  }

  /** When this pack arrives: before anything in it is due, and not before the pack in front of it. */
  #clockFor(due: number, sounds: readonly PsSound[]): number {
    for (const { pts } of sounds) this.#lag = Math.min(longestWait, Math.max(this.#lag, due - pts));
    const clock = due - lead - this.#lag;
    const back = this.#lastClock - clock;
    this.#lastClock = back > 0 && back < longestWait ? this.#lastClock : clock;
    return this.#lastClock;
  }

  #sound(writer: PesWriter, { bytes, pts }: PsSound): void {
    if (bytes.length === 0) return;
    const adts = this.#adts;
    writer.begin(streamIds.audio, (adts ? adtsHeaderLength : 0) + bytes.length, pts);
    if (adts) writer.carry(adts.header(bytes.length), adtsHeaderLength);
    writer.carry(bytes, bytes.length);
  }

  /** With parameter sets in front where a keyframe needs them, behind a delimiter where there is one (H.264 §7.4.1.2.3). */
  #unitsOf({ keyframe, units, parameterSets }: PsFrame): readonly Uint8Array[] {
    if (!keyframe || !parameterSets || units.some((unit) => this.#is(unit, h264Nal.sps, h265Nal.sps))) return units;
    const first = units[0] && this.#is(units[0], h264Nal.delimiter, h265Nal.delimiter) ? 1 : 0;
    return [...units.slice(0, first), ...parameterSets, ...units.slice(first)];
  }

  #is(unit: Uint8Array, avc: number, hevc: number): boolean {
    return this.#video === 'h265' ? h265NalType(unit) === hevc : h264NalType(unit) === avc;
  }

  #roomFor(units: readonly Uint8Array[], size: number, sounds: readonly PsSound[]): number {
    let room = packHeaderLength + this.#opening.length + headRoom(size, units.length * startCode.length);
    for (const unit of units) room += copiedLength(lengthOf(unit));
    for (const { bytes } of sounds) room += headRoom(adtsHeaderLength + bytes.length, adtsHeaderLength + copiedLength(bytes.length));
    return room;
  }
}

/** Zeros at the end would become part of the next start code. */
function lengthOf(unit: Uint8Array): number {
  return withoutTrailingZeros(unit, 0, unit.length);
}

/** The frames of a program stream: a viewer's pictures and sound on one time line of 90 kHz, which goes on over sessions, streams and codecs. */
import type { AudioTrack, StreamDescription, VideoTrack } from '../domain/media.ts';
import type { WireSpan } from '../domain/media-ports.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { type Anchor, AudioTimes } from './audio-times.ts';
import type { Picture } from './pictures.ts';
import type { AudioTools, MediaParts, ProgramMuxer, ProgramTracks } from './ports.ts';
import { DecodeTimes } from './timestamps.ts';
import { same } from './tracks.ts';

const rate = 90_000;
/** Where the line begins: far enough from 0 that no clock before its picture is negative. */
const begins = rate;
/** Sound that is announced and stays away keeps platforms waiting for it (gb28181 §6.2). */
const silence = seconds(5);
/** Sound waits for the picture that it leaves with; when so much of it waits, it leaves alone. */
const mostWaiting = 16;
/** ADTS counts 13 bits of an AAC frame with its header of seven bytes. */
const longestSound = 8_184;

export interface ProgramLineParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly parts: Pick<MediaParts, 'codecs' | 'programMuxer'>;
  readonly sound: boolean;
  /** Parts of one frame, and its time. Times only ever grow. */
  out(frame: readonly Uint8Array[], timestamp: number): void;
}

interface Sound {
  readonly track: AudioTrack;
  readonly tools: AudioTools;
  readonly times: AudioTimes;
}

export class ProgramLine {
  readonly #surroundings: ProgramLineParts;
  #description: StreamDescription | undefined;
  #muxer: ProgramMuxer | undefined;
  /** What it was made for. */
  #muxed: ProgramTracks | undefined;
  #version = -1;
  #sound: Sound | undefined;
  /** Sound of this track cannot be carried. */
  #mute: AudioTrack | undefined;
  /** When sound was heard last, or its track was announced. */
  #heardAt: number;
  /** For the next picture; the bytes are its own. */
  #waiting: { readonly bytes: Uint8Array; readonly pts: number }[] = [];
  #times: DecodeTimes | undefined;
  /** Where tick 0 of the times lies on the line. */
  #base = begins;
  #anchor: Anchor | undefined;
  #timestamp = 0;
  #sentAt = 0;
  /** Number of the picture that must come next; undefined: a keyframe must. */
  #next: number | undefined;

  constructor(surroundings: ProgramLineParts) {
    this.#surroundings = surroundings;
    this.#heardAt = surroundings.clock.monotonic();
  }

  described(description: StreamDescription): void {
    if (this.#description?.audio !== description.audio) this.#heardAt = this.#surroundings.clock.monotonic();
    this.#description = description;
    this.#times?.reorder(description.video.reordering ?? 0);
  }

  /** What comes from now on belongs to another stream: the time that goes by between the two is the time between them. */
  change(): void {
    this.#next = undefined;
    this.#times = undefined;
    this.#sound = undefined;
    this.#waiting = [];
  }

  quiet(): void {
    this.#heardAt = Number.NEGATIVE_INFINITY;
  }

  picture({ units, keyframe, ticks, capturedAt, number }: Picture): void {
    if (!keyframe && number !== this.#next) {
      this.#next = undefined;
      return;
    }
    const { video } = this.#description!;
    this.#next = number + 1;
    if (keyframe) this.#announce(video);
    if (!this.#muxer) return;
    this.#times ??= this.#begin(video);
    const { decodeTime, offset } = this.#times.next(ticks, keyframe);
    const shown = decodeTime + offset;
    this.#anchor = { seconds: shown / video.clockRate, capturedAt };
    const { parameterSets, reordering = 0 } = video;
    const dts = Math.max(this.#timestamp + 1, this.#base + scaled(reordering > 0 ? decodeTime : shown, video));
    const pts = Math.max(dts, this.#base + scaled(shown, video));
    this.#out({ pts, dts, keyframe, units, ...(keyframe ? { parameterSets } : {}) }, dts);
  }

  sound(span: WireSpan): void {
    this.#heardAt = this.#surroundings.clock.monotonic();
    const sound = this.#sound;
    if (!sound || !this.#anchor) return;
    const { clockRate } = sound.track;
    const frames = sound.tools.frames([span.wire]);
    let at = sound.times.place(
      span,
      frames.reduce((sum, { duration }) => sum + duration, 0),
      this.#anchor,
    );
    for (const { bytes, duration } of at === undefined ? [] : frames) {
      if (bytes.length <= longestSound) this.#waiting.push({ bytes: new Uint8Array(bytes), pts: this.#base + Math.round((at! * rate) / clockRate) });
      at! += duration;
    }
    if (this.#waiting.length < mostWaiting) return;
    const { pts } = this.#waiting[0]!;
    this.#out({ pts, keyframe: false, units: [] }, Math.max(this.#timestamp + 1, pts));
  }

  #out(frame: Parameters<ProgramMuxer['frame']>[0], timestamp: number): void {
    const sounds = this.#waiting;
    if (sounds.length > 0) this.#waiting = [];
    this.#timestamp = timestamp;
    this.#sentAt = this.#surroundings.clock.monotonic();
    this.#surroundings.out(this.#muxer!.frame(sounds.length > 0 ? { ...frame, sounds } : frame), timestamp);
  }

  #begin({ clockRate, reordering = 0 }: VideoTrack): DecodeTimes {
    const times = new DecodeTimes(clockRate, undefined);
    times.reorder(reordering);
    if (this.#sentAt > 0)
      this.#base = this.#timestamp + Math.max(1, Math.round((this.#surroundings.clock.monotonic() - this.#sentAt) * (rate / 1000)));
    return times;
  }

  /** A keyframe tells which tracks there are: of sound only what is really heard. */
  #announce(video: VideoTrack): void {
    const { parts, clock, sound } = this.#surroundings;
    const audio = this.#description?.audio;
    const heard = sound && audio && audio !== this.#mute && clock.monotonic() - this.#heardAt < silence ? audio : undefined;
    const announced = heard && carried(heard);
    if (this.#muxer && this.#muxed?.video === video.codec && sameSound(this.#muxed.audio, announced)) return;
    const tracks: ProgramTracks = { video: video.codec, ...(announced ? { audio: announced } : {}) };
    try {
      this.#muxer = parts.programMuxer(tracks, this.#version + 1);
      this.#sound = heard && announced && { track: heard, tools: parts.codecs.audio(heard), times: new AudioTimes(heard.clockRate) };
    } catch (error) {
      this.#surroundings.log.warn('sound cannot be put into a program stream', { codec: heard?.codec, error });
      this.#mute = heard;
      this.#announce(video);
      return;
    }
    this.#version += 1;
    this.#muxed = tracks;
    this.#waiting = [];
  }
}

const scaled = (ticks: number, { clockRate }: VideoTrack): number => (clockRate === rate ? ticks : Math.round((ticks * rate) / clockRate));

/** G.711 in a program stream is 8 kHz and mono: nothing in it says otherwise. */
function carried({ codec, clockRate, channels, aac }: AudioTrack): ProgramTracks['audio'] {
  if (codec === 'aac') return aac && { codec, config: aac.config };
  return clockRate === 8_000 && channels === 1 ? { codec } : undefined;
}

function sameSound(one: ProgramTracks['audio'], other: ProgramTracks['audio']): boolean {
  if (one?.codec !== 'aac' || other?.codec !== 'aac') return one?.codec === other?.codec;
  return same([one.config], [other.config]);
}

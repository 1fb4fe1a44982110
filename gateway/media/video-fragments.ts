/** Puts a stream's pictures together and muxes each into one MP4 fragment. */
import type { Fmp4Message, VideoTrack } from '../domain/media.ts';
import type { Logger } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';
import type { Fmp4Muxer, VideoTools } from './ports.ts';
import { DecodeTimes } from './timestamps.ts';
import { same } from './tracks.ts';

export type VideoInit = Extract<Fmp4Message, { kind: 'init'; track: 'video' }>;
export type Fragment = Extract<Fmp4Message, { kind: 'fragment' }>;

export class VideoFragments {
  readonly #log: Logger;
  readonly #out: (message: VideoInit | Fragment) => void;
  #video: VideoTools | undefined;
  #track: VideoTrack | undefined;
  #sets: readonly Uint8Array[] = [];
  #muxer: Fmp4Muxer | undefined;
  #times: DecodeTimes | undefined;
  #pieces: Buffer[] = [];
  #first: AccessUnit | undefined;
  #key = false;
  /** The camera sets the marker before the picture is complete: then only the next timestamp ends one. */
  #markersLie = false;
  #emitted = -1;
  /** Where the newest picture stands on the common time line, and when it was taken. */
  anchor: { readonly seconds: number; readonly capturedAt: Instant } | undefined;

  constructor(log: Logger, out: (message: VideoInit | Fragment) => void) {
    this.#log = log;
    this.#out = out;
  }

  /** The init segment, once there is one. */
  get init(): VideoInit | undefined {
    return this.#muxer && initOf(this.#muxer);
  }

  /** A new session, or better parameter sets for the running one. */
  describe(track: VideoTrack, video: VideoTools): void {
    if (this.#track?.codec !== track.codec) this.#muxer = undefined;
    this.#track = track;
    this.#video = video;
    if (!this.#muxer) this.#sets = track.parameterSets;
  }

  /** The session with the camera is over; the next one starts with a keyframe. */
  pause(): void {
    this.#pieces = [];
    this.#first = undefined;
    this.#key = false;
  }

  reset(): void {
    this.pause();
    this.#sets = this.#track?.parameterSets ?? [];
    this.#muxer = undefined;
    this.#times = undefined;
    this.#emitted = -1;
    this.anchor = undefined;
  }

  accept(unit: AccessUnit): void {
    if (this.#first && unit.ticks !== this.#first.ticks) this.#close();
    if (unit.ticks === this.#emitted) {
      // More of a picture that its marker had ended: too late for this one, a lesson for the next.
      this.#markersLie ||= unit.ends;
      return;
    }
    this.#first ??= unit;
    this.#pieces.push(unit.wire);
    this.#key ||= unit.keyframe;
    if (unit.ends && !this.#markersLie) this.#close(true);
  }

  /** Muxes the picture that is there. `byMarker`: keep it open if it holds no picture data yet (a marker on parameter sets or SEI, quirk 19). */
  #close(byMarker = false): void {
    const first = this.#first!;
    const video = this.#video!;
    const units = video.units(this.#pieces);
    const hasPicture = video.hasPicture(units);
    if (byMarker && !hasPicture) return;
    const keyframe = this.#key;
    this.pause();
    if (!hasPicture) return;
    this.#emitted = first.ticks;
    this.#learn(video.parameterSets(units));
    const muxer = this.#muxerFor(keyframe);
    if (!muxer) return;
    const { clockRate } = this.#track!;
    this.#times ??= new DecodeTimes(clockRate, muxer.facts.framesPerSecond);
    const times = this.#times.next(first.ticks);
    this.anchor = { seconds: times.decodeTime / clockRate, capturedAt: first.capturedAt };
    const bytes = muxer.fragment({ units, keyframe, ...times });
    this.#out({ kind: 'fragment', track: 'video', keyframe, capturedAt: first.capturedAt, bytes });
  }

  #learn(sets: readonly Uint8Array[] | undefined): void {
    if (!sets || same(sets, this.#sets)) return;
    this.#sets = sets;
    this.#muxer = undefined;
  }

  #muxerFor(keyframe: boolean): Fmp4Muxer | undefined {
    if (this.#muxer || !keyframe || !this.#track || this.#sets.length === 0) return this.#muxer;
    try {
      this.#muxer = this.#video!.fmp4(this.#sets, this.#track.clockRate);
    } catch (error) {
      this.#log.warn('parameter sets unreadable', { error });
      return undefined;
    }
    this.#out(initOf(this.#muxer));
    return this.#muxer;
  }
}

function initOf({ facts: { codecs, width, height }, init }: Fmp4Muxer): VideoInit {
  return { kind: 'init', track: 'video', codecs, width, height, bytes: init };
}

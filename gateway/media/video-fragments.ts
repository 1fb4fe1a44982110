/** Muxes each picture of a stream into one MP4 fragment. */
import type { Fmp4Message, VideoTrack } from '../domain/media.ts';
import type { Fragment } from '../runtime/fragment-group.ts';
import type { AccessUnit } from './access-unit.ts';
import type { Anchor } from './audio-times.ts';
import { type Picture, Pictures, type Room } from './pictures.ts';
import type { Fmp4Muxer, VideoTools } from './ports.ts';
import { DecodeTimes } from './timestamps.ts';
import { same } from './tracks.ts';

export type VideoInit = Extract<Fmp4Message, { kind: 'init'; track: 'video' }>;

export class VideoFragments {
  /** The bytes of a fragment are there until it returns. */
  readonly #out: (message: VideoInit | Fragment) => void;
  readonly #pictures = new Pictures((picture) => this.#mux(picture), scratch());
  readonly #room = scratch();
  #video: VideoTools | undefined;
  #track: VideoTrack | undefined;
  #sets: readonly Uint8Array[] = [];
  #muxer: Fmp4Muxer | undefined;
  #times: DecodeTimes | undefined;
  /** Where the newest picture stands on the common time line, and when it was taken. */
  anchor: Anchor | undefined;

  constructor(out: (message: VideoInit | Fragment) => void) {
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
    this.#pictures.describe(video);
    if (!this.#muxer) this.#sets = track.parameterSets;
    this.#times?.reorder(track.reordering ?? 0);
  }

  /** The session with the camera is over; the next one starts with a keyframe. */
  pause(): void {
    this.#pictures.pause();
  }

  reset(): void {
    this.#pictures.reset();
    this.#sets = this.#track?.parameterSets ?? [];
    this.#muxer = undefined;
    this.#times = undefined;
    this.anchor = undefined;
  }

  accept(unit: AccessUnit): void {
    this.#pictures.accept(unit);
  }

  #mux({ units, keyframe, ticks, capturedAt }: Picture): void {
    this.#learn(this.#video!.parameterSets(units));
    const muxer = this.#muxerFor(keyframe);
    if (!muxer) return;
    const { clockRate } = this.#track!;
    this.#times ??= this.#newTimes(muxer);
    const times = this.#times.next(ticks, keyframe);
    this.anchor = { seconds: (times.decodeTime + times.offset) / clockRate, capturedAt };
    const { decodeTime, offset, duration } = times;
    const bytes = muxer.fragment({ units, decodeTime, offset, duration, keyframe }, this.#room);
    this.#out({ kind: 'fragment', track: 'video', keyframe, capturedAt, bytes });
  }

  #newTimes({ facts: { framesPerSecond } }: Fmp4Muxer): DecodeTimes {
    const { clockRate, reordering = 0 } = this.#track!;
    const times = new DecodeTimes(clockRate, framesPerSecond);
    times.reorder(reordering);
    return times;
  }

  #learn(sets: readonly Uint8Array[] | undefined): void {
    if (!sets || same(sets, this.#sets)) return;
    this.#sets = sets.map((set) => new Uint8Array(set));
    this.#muxer = undefined;
  }

  #muxerFor(keyframe: boolean): Fmp4Muxer | undefined {
    if (this.#muxer || !keyframe || !this.#track || this.#sets.length === 0) return this.#muxer;
    try {
      this.#muxer = this.#video!.fmp4(this.#sets, this.#track.clockRate);
    } catch {
      return undefined; // they cannot be read, as the stream has told
    }
    this.#out(initOf(this.#muxer));
    return this.#muxer;
  }
}

function initOf({ facts: { codecs, width, height }, init }: Fmp4Muxer): VideoInit {
  return { kind: 'init', track: 'video', codecs, width, height, bytes: init };
}

/** One place that is used again: what it held is gone with the next picture. */
function scratch(): Room {
  let place = Buffer.alloc(0);
  return (bytes) => {
    if (bytes > place.length) place = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * place.length));
    return place.subarray(0, bytes);
  };
}

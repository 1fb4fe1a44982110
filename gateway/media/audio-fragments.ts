/** Muxes a stream's audio, on the time line that its pictures have begun. */
import type { AudioTrack, Fmp4Message } from '../domain/media.ts';
import type { Fragment } from '../runtime/fragment-group.ts';
import type { AccessUnit } from './access-unit.ts';
import { type Anchor, AudioTimes } from './audio-times.ts';
import type { AudioMuxer, AudioTools } from './ports.ts';

export type AudioInit = Extract<Fmp4Message, { kind: 'init'; track: 'audio' }>;

export class AudioFragments {
  readonly #tools: AudioTools;
  readonly #muxer: AudioMuxer;
  readonly #times: AudioTimes;

  constructor(track: AudioTrack, tools: AudioTools) {
    this.#tools = tools;
    this.#muxer = tools.fmp4();
    this.#times = new AudioTimes(track.clockRate);
  }

  get init(): AudioInit {
    return { kind: 'init', track: 'audio', codecs: this.#muxer.codecs, bytes: this.#muxer.init };
  }

  /** Nothing, where no frame is complete or it lies before the pictures. */
  fragment(unit: AccessUnit, anchor: Anchor): Fragment | undefined {
    const frames = this.#tools.frames([unit.wire]);
    if (frames.length === 0) return undefined;
    const length = frames.reduce((sum, { duration }) => sum + duration, 0);
    const at = this.#times.place(unit, length, anchor);
    if (at === undefined) return undefined;
    return { kind: 'fragment', track: 'audio', keyframe: false, capturedAt: unit.capturedAt, bytes: this.#muxer.fragment(frames, at) };
  }
}

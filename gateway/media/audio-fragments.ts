/** Muxes a stream's audio, on the time line that its pictures have begun. */
import type { AudioTrack, Fmp4Message } from '../domain/media.ts';
import type { Instant } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';
import type { AudioMuxer, AudioTools } from './ports.ts';
import type { Fragment } from './video-fragments.ts';

export type AudioInit = Extract<Fmp4Message, { kind: 'init'; track: 'audio' }>;

/** Sound that is further than this from where the pictures say it belongs is put there; less is heard by nobody. */
const longestDrift = 0.4;

export class AudioFragments {
  readonly #track: AudioTrack;
  readonly #tools: AudioTools;
  readonly #muxer: AudioMuxer;
  /** Ticks on the time line minus those of the camera. */
  #offset: number | undefined;
  /** The first tick that is still free. */
  #free = 0;

  constructor(track: AudioTrack, tools: AudioTools) {
    this.#track = track;
    this.#tools = tools;
    this.#muxer = tools.fmp4();
  }

  get init(): AudioInit {
    return { kind: 'init', track: 'audio', codecs: this.#muxer.codecs, bytes: this.#muxer.init };
  }

  /** `anchor`: a moment of the time line of which the wall clock is known. Nothing, where no frame is complete or it lies before the pictures. */
  fragment(unit: AccessUnit, anchor: { readonly seconds: number; readonly capturedAt: Instant }): Fragment | undefined {
    const frames = this.#tools.frames([unit.wire]);
    if (frames.length === 0) return undefined;
    const rate = this.#track.clockRate;
    const belongs = (anchor.seconds + (unit.capturedAt - anchor.capturedAt) / 1000) * rate;
    if (this.#offset === undefined || Math.abs(unit.ticks + this.#offset - belongs) > longestDrift * rate)
      this.#offset = Math.round(belongs) - unit.ticks;
    const decodeTime = unit.ticks + this.#offset;
    if (decodeTime < 0 || decodeTime < this.#free - rate * longestDrift) return undefined;
    const at = Math.max(decodeTime, this.#free);
    this.#free = at + frames.reduce((sum, { duration }) => sum + duration, 0);
    const { capturedAt, wire } = unit;
    return { kind: 'fragment', track: 'audio', keyframe: false, capturedAt, size: wire.length, bytes: () => this.#muxer.fragment(frames, at) };
  }
}

/** Puts a stream's sound on the time line that its pictures have begun. */
import type { Instant } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';

/** A moment of the time line of which the wall clock is known. */
export interface Anchor {
  readonly seconds: number;
  readonly capturedAt: Instant;
}

/** Sound that is further than this from where the pictures say it belongs is put there; less is heard by nobody. */
const longestDrift = 0.4;

export class AudioTimes {
  readonly #rate: number;
  /** Ticks on the time line minus those of the camera. */
  #offset: number | undefined;
  /** The first tick that is still free. */
  #free = 0;

  constructor(clockRate: number) {
    this.#rate = clockRate;
  }

  /** Where so many ticks of sound begin, in ticks of the track; undefined where that is before the pictures. */
  place({ ticks, capturedAt }: Pick<AccessUnit, 'ticks' | 'capturedAt'>, duration: number, anchor: Anchor): number | undefined {
    const rate = this.#rate;
    const belongs = (anchor.seconds + (capturedAt - anchor.capturedAt) / 1000) * rate;
    if (this.#offset === undefined || Math.abs(ticks + this.#offset - belongs) > longestDrift * rate) this.#offset = Math.round(belongs) - ticks;
    const time = ticks + this.#offset;
    if (time < 0 || time < this.#free - rate * longestDrift) return undefined;
    const at = Math.max(time, this.#free);
    this.#free = at + duration;
    return at;
  }
}

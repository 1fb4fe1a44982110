/** Rates of one stream, over windows of two seconds. */
import type { Clock } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { AccessUnit } from './access-unit.ts';

const windowMillis = 2_000;

export class StreamMeter {
  readonly #clock: Clock;
  #since: number;
  #frames = 0;
  #bytes = 0;
  #rates = { framesPerSecond: 0, bitsPerSecond: 0 };
  #heardAt = 0;
  frames = 0;
  keyframes = 0;
  lastFrameAt: Instant | undefined;
  /** Between the last two keyframes, ms. */
  keyframeInterval: number | undefined;
  #keyframeAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** `now`: monotonic ms. */
  count(unit: AccessUnit, now: number): void {
    this.#bytes += unit.wire.length;
    if (unit.track === 'audio') return;
    if (unit.starts) {
      this.frames += 1;
      this.#frames += 1;
    }
    if (unit.keyframe) {
      this.keyframes += 1;
      if (this.#keyframeAt !== undefined) this.keyframeInterval = now - this.#keyframeAt;
      this.#keyframeAt = now;
    }
    this.#heardAt = now;
    this.lastFrameAt = unit.capturedAt;
    const length = now - this.#since;
    if (length < windowMillis) return;
    this.#rates = { framesPerSecond: (this.#frames * 1000) / length, bitsPerSecond: (this.#bytes * 8000) / length };
    this.#since = now;
    this.#frames = 0;
    this.#bytes = 0;
  }

  /** Zero once nothing has come for longer than a window. */
  rates(): { readonly framesPerSecond: number; readonly bitsPerSecond: number } {
    const now = this.#clock.monotonic();
    if (now - this.#heardAt > windowMillis) return { framesPerSecond: 0, bitsPerSecond: 0 };
    const length = now - this.#since;
    // The first window is not over yet: say what is known.
    if (this.#rates.framesPerSecond === 0 && length > 200) {
      return { framesPerSecond: (this.#frames * 1000) / length, bitsPerSecond: (this.#bytes * 8000) / length };
    }
    return this.#rates;
  }
}

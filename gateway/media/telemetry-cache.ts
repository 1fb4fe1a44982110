/** Stream figures live in the media worker: asked at most twice a second, however many pages and checks look. */
import type { MediaFigures, StreamTelemetry } from '../domain/media.ts';
import type { Clock, MediaPlane } from '../domain/ports.ts';
import { between, type Instant, seconds } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';

const fresh = seconds(0.5);
const patience = seconds(1);

export class TelemetryCache {
  readonly #media: Pick<MediaPlane, 'telemetry' | 'figures'>;
  readonly #clock: Clock;
  #latest: readonly StreamTelemetry[] = [];
  #figures: MediaFigures | undefined;
  #askedAt: Instant | undefined;
  #asking: Promise<void> | undefined;

  constructor(media: Pick<MediaPlane, 'telemetry' | 'figures'>, clock: Clock) {
    this.#media = media;
    this.#clock = clock;
  }

  /** As last heard, without waiting. */
  get latest(): readonly StreamTelemetry[] {
    return this.#latest;
  }

  /** Likewise; undefined while the plane does not answer. */
  get figures(): MediaFigures | undefined {
    return this.#figures;
  }

  /** Fresh figures, or the last known where the media plane does not answer within a second: devices must be seen and judged without it. */
  async read(signal: AbortSignal): Promise<readonly StreamTelemetry[]> {
    const now = this.#clock.now();
    if (!this.#asking && (this.#askedAt === undefined || between(this.#askedAt, now) >= fresh)) {
      this.#askedAt = now;
      this.#asking = Promise.all([this.#media.telemetry(), this.#media.figures()])
        .then(([streams, figures]) => {
          this.#latest = streams;
          this.#figures = figures;
        })
        .catch(() => {
          // A plane that is being replaced plays nothing.
          this.#latest = [];
          this.#figures = undefined;
        })
        .finally(() => {
          this.#asking = undefined;
        });
    }
    using waiting = linked(signal);
    await Promise.race([this.#asking, this.#clock.sleep(patience, waiting.signal).catch(() => undefined)]);
    return this.#latest;
  }
}

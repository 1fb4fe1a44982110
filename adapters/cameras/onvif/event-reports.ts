/** Messages of a camera as reports: read, weighed against what stands, and each with a name of its own. */
import { randomUUID } from 'node:crypto';
import type { CameraReport } from '../../../gateway/domain/camera-report.ts';
import type { CameraId } from '../../../gateway/domain/ids.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { type Instant, instant } from '../../../gateway/domain/time.ts';
import type { Words } from '../../../gateway/domain/words.ts';
import { legible } from '../legible.ts';
import { readEvent, type VideoSources } from './event-reading.ts';
import { type EventFinding, EventStates } from './event-states.ts';
import type { PulledMessage } from './pull-point.ts';

export interface EventReportsParts {
  readonly camera: CameraId;
  readonly sources: VideoSources;
  readonly clock: Clock;
}

const mostUnknown = 50;
const nothing = new Uint8Array(0);

export class EventReports {
  readonly #parts: EventReportsParts;
  readonly #states = new EventStates();
  readonly #session = randomUUID();
  readonly #unknown = new Set<string>();
  #count = 0;
  /** Until then nothing it said can have been missed. */
  #until: Instant | undefined;

  constructor(parts: EventReportsParts) {
    this.#parts = parts;
  }

  heard(proven: boolean): CameraReport {
    const { camera, clock } = this.#parts;
    this.#until = clock.now();
    return { kind: 'heard', camera, proven };
  }

  lost(why: Words): CameraReport {
    const { camera } = this.#parts;
    return { kind: 'lost', camera, why, ...(this.#until === undefined ? {} : { until: this.#until }) };
  }

  *read({ notification, bytes }: PulledMessage, now: number): Generator<CameraReport> {
    const { camera, sources } = this.#parts;
    const read = readEvent(notification, sources);
    if (read.is === 'event') {
      for (const reading of read.readings) {
        const finding = this.#states.hear(reading, now);
        if (finding) yield this.#event(finding, bytes, notification.at);
      }
    }
    if (read.is !== 'unknown' || this.#unknown.has(notification.topic) || this.#unknown.size >= mostUnknown) return;
    this.#unknown.add(notification.topic);
    const { topic, vendor } = notification;
    yield {
      kind: 'unknown',
      camera,
      topic: legible(topic, 300),
      ...(vendor === undefined ? {} : { vendor: legible(vendor, 200) }),
      why: read.why,
      raw: bytes,
    };
  }

  *due(now: number): Generator<CameraReport> {
    for (const finding of this.#states.due(now)) yield this.#event(finding, nothing, undefined);
  }

  *settled(now: number): Generator<CameraReport> {
    for (const finding of this.#states.settled(now)) yield this.#event(finding, nothing, undefined);
  }

  unsure(): void {
    this.#states.unsure();
  }

  /** Monotonic ms; undefined: only a message changes anything. */
  next(): number | undefined {
    return this.#states.next();
  }

  /** Something stands so long that the camera should be asked for its states. */
  takeQuestion(now: number): boolean {
    return this.#states.takeQuestion(now);
  }

  #event({ kind, source, topic, state }: EventFinding, raw: Uint8Array, at: number | undefined): CameraReport {
    const { camera } = this.#parts;
    this.#count += 1;
    return {
      kind: 'event',
      camera,
      event: kind,
      source: legible(source),
      topic: legible(topic, 300),
      state,
      // A copy: the answer that it is cut from may be large, and is not to be kept for it.
      raw: Uint8Array.from(raw),
      // Its own time may stand still, or go back: it must not make two presses one.
      dedupe: `camera|${camera}|${this.#session}|${this.#count}`,
      ...(at === undefined ? {} : { deviceTime: instant(at) }),
    };
  }
}

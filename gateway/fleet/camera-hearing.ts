/** Listens to what cameras say by themselves. What is heard is kept until it is journalled: a camera says it once. */
import type { CameraReport } from '../domain/camera-report.ts';
import type { Camera } from '../domain/campus.ts';
import type { CameraId } from '../domain/ids.ts';
import type { CameraSession, Clock, Logger } from '../domain/ports.ts';
import { type Instant, seconds } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { backoff } from '../runtime/backoff.ts';
import type { CameraStatuses } from './camera-status.ts';

export type CameraEvent = Extract<CameraReport, { kind: 'event' }>;

export interface CameraGapSeen {
  readonly camera: CameraId;
  /** Absent: since before this start. */
  readonly from?: Instant;
  readonly to: Instant;
  readonly why: Words;
}

export interface CameraHearingParts {
  readonly statuses: CameraStatuses;
  /** Resolves once what it means is committed; rejects if it is not, and is then asked again. */
  readonly event: (event: CameraEvent, receivedAt: Instant) => Promise<unknown>;
  readonly gap: (gap: CameraGapSeen) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CameraHearing {
  /** At the start of the gateway: what these said before was not heard. */
  begin(cameras: readonly Camera[]): void;
  /** For as long as the session lives; never throws. */
  hear(camera: Camera, session: CameraSession, signal: AbortSignal): Promise<void>;
  /** After the last session: resolves once everything that was heard has had its try. */
  finish(): Promise<void>;
}

const betweenTries = { first: seconds(0.2), most: seconds(5), jitter: 0.3 };
/** More than this while the journal cannot be written, and the disk is gone anyway. */
const mostOwed = 1_000;
const mostUnknown = 50;
const lostSession: Words = { zh: '与摄像机的连接中断，期间的事件未知。', en: 'The camera was not connected; what it said in between is unknown.' };
const notRunning: Words = { zh: '网关未运行，期间的事件未知。', en: 'The gateway did not run; what the camera said in between is unknown.' };

export function openCameraHearing({ statuses, event, gap, clock, log }: CameraHearingParts, ending: AbortSignal): CameraHearing {
  /** What is on its way into the journal, by camera: in order, and not lost with a session. */
  const owed = new Map<CameraId, { done: Promise<void>; count: number }>();
  /** Cameras that are not heard just now, though they were. */
  const gaps = new Map<CameraId, Omit<CameraGapSeen, 'to' | 'camera'>>();
  const heardAt = new Map<CameraId, Instant>();

  /** After what came before; again and again until it is in. */
  function journal(camera: CameraId, record: () => Promise<unknown>): void {
    const line = owed.get(camera) ?? { done: Promise.resolve(), count: 0 };
    if (line.count >= mostOwed) {
      log.error('camera event dropped', { camera, owed: line.count });
      return;
    }
    line.count += 1;
    line.done = line.done.then(async () => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          await record();
          break;
        } catch (error) {
          log.error('camera event not journalled', { camera, error });
          // At the end of the gateway each has its one try.
          if (ending.aborted) break;
          await clock.sleep(backoff(betweenTries, attempt), ending).catch(() => undefined); // aborted: once more
        }
      }
      line.count -= 1;
    });
    owed.set(camera, line);
  }

  function miss(camera: CameraId, why: Words, until: Instant | undefined): void {
    const from = until ?? heardAt.get(camera);
    if (!gaps.has(camera)) gaps.set(camera, { why, ...(from === undefined ? {} : { from }) });
  }

  function take(camera: CameraId, report: CameraReport): void {
    const now = clock.now();
    switch (report.kind) {
      case 'event':
        journal(camera, () => event(report, now));
        break;
      case 'heard': {
        heardAt.set(camera, now);
        statuses.hearing(camera, { state: 'heard', ...(report.proven ? { provenAt: now } : {}) });
        const missed = gaps.get(camera);
        gaps.delete(camera);
        if (missed) journal(camera, () => gap({ camera, ...missed, to: now }));
        break;
      }
      case 'lost':
        miss(camera, report.why, report.until);
        statuses.hearing(camera, { state: 'lost', why: report.why });
        break;
      case 'unknown': {
        log.warn('camera event unknown', {
          camera,
          topic: report.topic,
          vendor: report.vendor,
          why: report.why,
          raw: Buffer.from(report.raw).toString('utf8', 0, 2_000),
        });
        const known = statuses.of(camera)?.hearing?.unknown ?? [];
        if (!known.includes(report.topic)) statuses.hearing(camera, { unknown: [...known, report.topic].slice(-mostUnknown) });
        break;
      }
    }
  }

  return {
    begin(cameras) {
      for (const { id, events = [] } of cameras) if (events.length > 0) miss(id, notRunning, undefined);
    },
    async hear({ id, events = [] }, session, signal) {
      const wanted = events.length > 0;
      statuses.hearing(id, { state: wanted ? 'waiting' : 'off' });
      if (!wanted) {
        gaps.delete(id);
        heardAt.delete(id);
      }
      const asking = session.offeredEvents(signal).then(
        (offered) => (offered ? statuses.hearing(id, { offered }) : undefined),
        (error) => (signal.aborted ? undefined : log.debug('camera tells nothing of its events', { camera: id, error })),
      );
      try {
        for await (const report of session.reports(signal)) take(id, report);
      } catch (error) {
        // An adapter's mistake: the camera's pictures must not suffer for it.
        if (!signal.aborted) log.error('camera events broken', { camera: id, error });
      }
      await asking;
      if (!wanted) return;
      if (heardAt.has(id)) miss(id, lostSession, undefined);
      statuses.hearing(id, { state: 'lost', why: lostSession });
    },
    async finish() {
      await Promise.all([...owed.values()].map(({ done }) => done));
    },
  };
}

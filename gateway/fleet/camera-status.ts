/** What the fleet knows of each camera just now; kept in memory. */
import type { ErrorCode } from '../domain/errors.ts';
import type { CameraHearing, CameraStatus } from '../domain/health.ts';
import type { CameraId } from '../domain/ids.ts';
import type { CameraSession, Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { Mailbox } from '../runtime/mailbox.ts';

export type Lost = 'unreachable' | 'refused-credentials' | 'untrusted' | 'failed';

/** Why a camera is not connected. */
export interface Loss {
  readonly connection: Lost;
  readonly code: ErrorCode;
  readonly sentence: Words;
}

export interface CameraStatuses {
  of(camera: CameraId): CameraStatus | undefined;
  all(): readonly CameraStatus[];
  connecting(camera: CameraId): void;
  connected(camera: CameraId, session: CameraSession): void;
  answered(camera: CameraId): void;
  /** What a probe saw of its clock; undefined: nothing. */
  measured(camera: CameraId, clockOffset: Millis | undefined): void;
  streamRefused(camera: CameraId, refused: boolean): void;
  /** What changed of how it is heard; merged into what was known. */
  hearing(camera: CameraId, change: Partial<CameraHearing>): void;
  /** True where that is news. */
  lost(camera: CameraId, loss: Loss): boolean;
  forget(camera: CameraId): void;
  /** Each status that changed, as it changes; answering again is no change. */
  changes(signal: AbortSignal): AsyncIterable<CameraStatus>;
}

export function openCameraStatuses(clock: Clock): CameraStatuses {
  const statuses = new Map<CameraId, CameraStatus>();
  const followers = new Set<Mailbox<CameraStatus>>();

  const set = (status: CameraStatus, tell = true) => {
    statuses.set(status.camera, status);
    if (tell) for (const follower of followers) follower.push(status);
  };

  return {
    of: (camera) => statuses.get(camera),
    all: () => [...statuses.values()],
    connecting(camera) {
      set({ camera, connection: 'connecting', since: clock.now(), profiles: [] });
    },
    connected(camera, session) {
      const now = clock.now();
      const before = statuses.get(camera);
      set({
        camera,
        connection: 'connected',
        since: now,
        answeredAt: now,
        ...(session.clockOffset === undefined ? {} : { clockOffset: session.clockOffset }),
        model: session.model,
        firmware: session.firmware,
        profiles: session.profiles.map(({ name, codec, width, height, use }) => `${use}: ${name} ${codec} ${width}×${height}`),
        ...(before?.streamRefused ? { streamRefused: true } : {}),
        ...(before?.hearing ? { hearing: before.hearing } : {}),
      });
    },
    answered(camera) {
      const status = statuses.get(camera);
      if (status) set({ ...status, answeredAt: clock.now() }, false);
    },
    measured(camera, clockOffset) {
      const status = statuses.get(camera);
      if (!status) return;
      const { clockOffset: _before, ...rest } = status;
      set({ ...rest, answeredAt: clock.now(), ...(clockOffset === undefined ? {} : { clockOffset }) }, false);
    },
    streamRefused(camera, refused) {
      const status = statuses.get(camera);
      if (status && (status.streamRefused ?? false) !== refused) set({ ...status, streamRefused: refused });
    },
    hearing(camera, change) {
      const status = statuses.get(camera);
      if (!status) return;
      const before: CameraHearing = status.hearing ?? { state: 'off', since: clock.now() };
      const news = change.state !== undefined && change.state !== before.state;
      const { why: _why, ...rest } = news ? before : { ...before };
      set({ ...status, hearing: { ...rest, ...(news ? { since: clock.now() } : before.why ? { why: before.why } : {}), ...change } }, news);
    },
    lost(camera, { connection, code, sentence }) {
      const before = statuses.get(camera);
      const news = before?.connection !== connection || before.sentence?.en !== sentence.en;
      if (!before || !news) return news;
      const since = before.connection === connection ? before.since : clock.now();
      // Its model and clock stay known; what it offers may be another thing when it comes back.
      set({ ...before, connection, code, since, sentence });
      return true;
    },
    forget: (camera) => {
      statuses.delete(camera);
    },
    async *changes(signal) {
      const mailbox = new Mailbox<CameraStatus>(1_000);
      followers.add(mailbox);
      try {
        yield* mailbox.take(signal);
      } finally {
        followers.delete(mailbox);
      }
    },
  };
}

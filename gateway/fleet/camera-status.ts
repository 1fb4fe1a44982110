/** What the fleet knows of each camera just now; kept in memory. */
import { type ErrorCode, type GatewayError, isGatewayError } from '../domain/errors.ts';
import type { CameraStatus } from '../domain/health.ts';
import type { CameraId } from '../domain/ids.ts';
import type { CameraSession, Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { Mailbox } from '../runtime/mailbox.ts';

export type Lost = 'unreachable' | 'refused-credentials' | 'failed';

export interface CameraStatuses {
  of(camera: CameraId): CameraStatus | undefined;
  all(): readonly CameraStatus[];
  connecting(camera: CameraId): void;
  connected(camera: CameraId, session: CameraSession): void;
  answered(camera: CameraId): void;
  /** What a probe saw of its clock; undefined: nothing. */
  measured(camera: CameraId, clockOffset: Millis | undefined): void;
  streamRefused(camera: CameraId, refused: boolean): void;
  /** True where that is news. */
  lost(camera: CameraId, connection: Lost, sentence: Words): boolean;
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
    lost(camera, connection, sentence) {
      const before = statuses.get(camera);
      const news = before?.connection !== connection || before.sentence?.en !== sentence.en;
      if (!before || !news) return news;
      const since = before.connection === connection ? before.since : clock.now();
      // Its model and clock stay known; what it offers may be another thing when it comes back.
      set({ ...before, connection, since, sentence });
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

/** Which state an error means. An abort that reaches this is our own deadline. */
export function lostBy(error: unknown): Lost {
  if (isGatewayError(error, 'CAMERA_CREDENTIALS')) return 'refused-credentials';
  if (isGatewayError(error, 'CAMERA_UNREACHABLE') || (error instanceof Error && error.name === 'TimeoutError')) return 'unreachable';
  return 'failed';
}

const zhByCode: Partial<Readonly<Record<ErrorCode, string>>> = {
  CAMERA_REPLY: '摄像机的应答无法理解。',
  RTSP_REPLY: '摄像机的 RTSP 应答无法理解。',
  CAMERA_FORBIDDEN_HOST: '摄像机把网关引向另一台主机，已拒绝。',
  MEDIA_UNSUPPORTED: '摄像机没有可传输的视频。',
  INVENTORY_INVALID: '摄像机的设置不正确。',
  SECRET_UNREADABLE: '摄像机的密码无法读取，请重新输入。',
};

export function sentenceOf(lost: Lost, error: unknown): Words {
  switch (lost) {
    case 'unreachable':
      return { zh: '摄像机没有应答。', en: 'The camera does not answer.' };
    case 'refused-credentials':
      return {
        zh: '摄像机拒绝了用户名或密码，已暂停重试以免锁定。',
        en: 'The camera refused the user name or password. Retries are paused so that it does not lock.',
      };
    case 'failed':
      return isGatewayError(error)
        ? { zh: zhByCode[error.code] ?? '摄像机连接失败。', en: error.message }
        : { zh: '摄像机连接失败。', en: 'The camera could not be connected.' };
  }
}

/** An error again, for whoever asks something of a camera that is not connected. */
export const codeOf: Readonly<Record<Exclude<CameraStatus['connection'], 'connected'>, GatewayError['code']>> = {
  connecting: 'CAMERA_UNREACHABLE',
  unreachable: 'CAMERA_UNREACHABLE',
  'refused-credentials': 'CAMERA_CREDENTIALS',
  failed: 'CAMERA_REPLY',
};

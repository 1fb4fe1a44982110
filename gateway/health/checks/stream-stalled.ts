import type { ErrorCode } from '../../domain/errors.ts';
import { between, seconds } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HealthCheck } from '../check.ts';

const longest = seconds(5);
const silent: Words = { zh: '能登录但没有画面。', en: 'Signed in, but no picture arrives.' };
const reasons: Partial<Record<ErrorCode, Words>> = {
  CAMERA_UNREACHABLE: {
    zh: '能登录但没有画面：视频连接被断开或没有数据。',
    en: 'Signed in, but no picture arrives: its video connection breaks off or stays silent.',
  },
  RTSP_REPLY: {
    zh: '能登录但没有画面：视频服务的应答无法识别。',
    en: 'Signed in, but no picture arrives: the answers of its video service cannot be understood.',
  },
  CAMERA_CERTIFICATE: {
    zh: '能登录但没有画面：视频服务的证书未经确认或已更换。',
    en: 'Signed in, but no picture arrives: the certificate of its video service is not the confirmed one.',
  },
  CAMERA_FORBIDDEN_HOST: {
    zh: '能登录但没有画面：摄像机把视频指向了另一台主机。',
    en: 'Signed in, but no picture arrives: it sends us to another host for its video.',
  },
  MEDIA_UNSUPPORTED: {
    zh: '能登录但没有画面：视频编码或传输方式不受支持。',
    en: 'Signed in, but no picture arrives: its video format or transport is not supported.',
  },
};

/** Only streams that somebody watches, or that are recorded, are pulled, so only those can stall. */
export const streamStalled: HealthCheck<'camera'> = {
  code: 'stream-stalled',
  title: { zh: '没有画面', en: 'No picture' },
  subject: 'camera',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(3),
  dependsOn: ['camera-unreachable', 'camera-credentials', 'camera-certificate', 'camera-reply'],
  async probe({ camera }, context) {
    const watched = (await context.streams(camera.id)).filter((stream) => stream.viewers > 0 || stream.ring !== undefined);
    if (watched.length === 0) return { verdict: 'unknown', why: 'nobody watches it' };
    const now = context.now();
    const stalled = watched.find((stream) => between(stream.lastFrameAt ?? stream.startedAt, now) > longest);
    if (!stalled) return { verdict: 'pass' };
    return { verdict: 'fail', sentence: (stalled.code && reasons[stalled.code]) ?? silent };
  },
};

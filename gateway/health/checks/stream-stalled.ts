import { between, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

const longest = seconds(5);

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
    return { verdict: 'fail', sentence: { zh: '能登录但没有画面。', en: 'Signed in, but no picture arrives.' } };
  },
};

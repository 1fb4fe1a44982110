import type { MediaEnd } from '../../domain/health.ts';
import { seconds } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HealthCheck } from '../check.ts';

const why: Readonly<Record<MediaEnd, Words>> = {
  crashed: { zh: '程序出错', en: 'it crashed' },
  stuck: { zh: '失去响应', en: 'it was stuck' },
  'out-of-memory': { zh: '内存不足', en: 'it ran out of memory' },
  stopped: { zh: '意外停止', en: 'it stopped' },
};

/** Pictures are back within seconds; that it happened at all must not go unseen. */
export const mediaRestarted: HealthCheck<'gateway'> = {
  code: 'media-restarted',
  title: { zh: '视频服务曾重启', en: 'Video was restarted' },
  subject: 'gateway',
  effect: 'degraded',
  every: seconds(5),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe(_gateway, context) {
    const restarts = context.mediaRestarts();
    const last = restarts.at(-1);
    if (!last) return { verdict: 'pass' };
    const count = restarts.length;
    return {
      verdict: 'fail',
      sentence: {
        zh: `视频服务在 10 分钟内重启了 ${count} 次，最近一次原因：${why[last.cause].zh}。画面已自动恢复；若反复出现，请联系维护人员。`,
        en: `Video was restarted ${count === 1 ? 'once' : `${count} times`} within 10 minutes, last because ${why[last.cause].en}. Pictures come back by themselves; if it goes on, call maintenance.`,
      },
      measured: { count },
    };
  },
};

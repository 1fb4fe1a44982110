import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

export const uplinkRefused: HealthCheck<'uplink'> = {
  code: 'uplink-refused',
  title: { zh: '上级平台拒收', en: 'Uplink refuses events' },
  subject: 'uplink',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe({ uplink }, context) {
    const { refused } = context.backlog(uplink.id);
    if (refused === 0) return { verdict: 'pass' };
    return {
      verdict: 'fail',
      sentence: {
        zh: `警务平台拒收 ${refused} 条事件，请联系平台管理员。`,
        en: `The police platform refuses ${refused} event${refused === 1 ? '' : 's'}. Ask the platform administrator.`,
      },
      measured: { refused },
    };
  },
};

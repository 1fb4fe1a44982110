import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** Its adapter cannot be made from its settings: nothing is sent, and nothing waits for an answer that could stay away. */
export const uplinkBroken: HealthCheck<'uplink'> = {
  code: 'uplink-broken',
  title: { zh: '上级平台设置有误', en: 'Uplink settings are wrong' },
  subject: 'uplink',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe({ uplink }, context) {
    const why = context.uplinkBroken(uplink.id);
    if (why === undefined) return { verdict: 'pass' };
    return {
      verdict: 'fail',
      sentence: { zh: `上级平台无法运行，请更正其设置：${why}`, en: `This uplink cannot run. Correct its settings: ${why}` },
    };
  },
};

import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

const ownWays: ReadonlySet<string> = new Set(['embedded', 'dc09']);

/** A panel behind a broker of the site, of which nothing can reach us: why, and not only that it is silent. */
export const panelBroker: HealthCheck<'panel'> = {
  code: 'panel-broker',
  title: { zh: '收不到站点代理的消息', en: "The site's broker is not heard" },
  subject: 'panel',
  effect: 'offline',
  every: seconds(1),
  // A broker that is started again is no fault.
  visibleAfter: seconds(10),
  dependsOn: [],
  async probe({ panel }, context) {
    const site = context.panelStatus(panel.id)?.siteBroker;
    if (!site) return ownWays.has(panel.broker) ? { verdict: 'pass' } : { verdict: 'unknown', why: 'not called yet' };
    const { name, unheard } = site;
    if (!unheard) return { verdict: 'pass' };
    return {
      verdict: 'fail',
      sentence: {
        zh: `网关收不到代理 ${name} 的消息：${unheard.zh}。在此期间，该主机的报警无法到达网关。`,
        en: `The gateway does not hear the broker ${name}: ${unheard.en}. Until it does, no alarm of this panel reaches it.`,
      },
    };
  },
};

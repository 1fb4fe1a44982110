import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** An uplink that keeps a registration says how it stands; the others are judged by what they are owed alone. */
export const uplinkLink: HealthCheck<'uplink'> = {
  code: 'uplink-link',
  title: { zh: '上级平台未连接', en: 'Not registered with the platform' },
  subject: 'uplink',
  effect: 'offline',
  every: seconds(1),
  // A registration that is lost and had again within this time is no fault.
  visibleAfter: seconds(10),
  dependsOn: ['uplink-broken'],
  async probe({ uplink }, context) {
    const link = context.uplinkLink(uplink.id);
    if (!link) return { verdict: 'unknown', why: 'it keeps no link of its own' };
    if (link.state === 'up') return { verdict: 'pass', ...(link.clockOffset === undefined ? {} : { measured: { clockOffset: link.clockOffset } }) };
    return { verdict: 'fail', sentence: link.sentence ?? { zh: '未在平台注册。', en: 'It is not registered.' } };
  },
};

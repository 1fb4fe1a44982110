import { between, minutes } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** A platform that is there has taken it long before. */
const soon = minutes(5);
/** Two of them, and a look in between. */
const tooLong = minutes(125);

/** Of platforms that want the hourly test alarm: it has gone the whole road, or an alarm might not. */
export const uplinkProof: HealthCheck<'uplink'> = {
  code: 'uplink-proof',
  title: { zh: '测试报警未送达', en: 'The test alarm has not arrived' },
  subject: 'uplink',
  effect: 'degraded',
  every: minutes(0.5),
  visibleAfter: minutes(0),
  // Not on uplink-backlog: what waits there may be a fault notice, here it is the road of alarms.
  dependsOn: ['uplink-broken'],
  async probe({ uplink }, context) {
    const test = context.testAlarm(uplink.id);
    if (test?.state === undefined) return { verdict: 'unknown', why: 'it was sent none' };
    const age = between(test.at, context.now());
    const count = Math.round(age / 60_000);
    if (test.state !== 'accepted' && age > soon) {
      return {
        verdict: 'fail',
        sentence: {
          zh: `${count} 分钟前的测试报警仍未被平台接收：真实报警也可能无法送达。`,
          en: `The test alarm of ${count} min ago has not been accepted: an alarm might not be either.`,
        },
      };
    }
    if (age > tooLong) {
      return {
        verdict: 'fail',
        sentence: { zh: `已 ${count} 分钟没有产生每小时的测试报警。`, en: `The hourly test alarm has not been made for ${count} min.` },
      };
    }
    return test.state === 'accepted' ? { verdict: 'pass' } : { verdict: 'unknown', why: 'it is on its way' };
  },
};

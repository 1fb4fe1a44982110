import { between, hours, minutes } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** A day, and an hour for a panel whose clock is wrong (EN 50136-1, SP2). */
const usual = hours(25);

/** The panel's own test (602, 603, RP). Expected where the inventory says so, and of every panel that has ever sent one. */
export const panelTest: HealthCheck<'panel'> = {
  code: 'panel-test',
  title: { zh: '报警主机未按时自检', en: 'The test of an alarm panel is missing' },
  subject: 'panel',
  effect: 'degraded',
  every: minutes(1),
  visibleAfter: minutes(0),
  dependsOn: ['panel-broker', 'panel-silent'],
  async probe({ panel }, context) {
    const tested = context.panelStatus(panel.id)?.testedAt;
    const wanted = panel.supervision?.testEvery;
    if (tested === undefined && wanted === undefined) return { verdict: 'unknown', why: 'it has never sent a test' };
    const silence = between(tested ?? context.startedAt(), context.now());
    const count = Math.floor(silence / 3_600_000);
    if (silence > (wanted ?? usual)) {
      return {
        verdict: 'fail',
        sentence:
          tested === undefined
            ? { zh: `启动以来 ${count} 小时内报警主机未发送定期测试。`, en: `The alarm panel has sent no test in the ${count} h since the start.` }
            : { zh: `报警主机已 ${count} 小时未发送定期测试。`, en: `The alarm panel has not sent its test for ${count} h.` },
        measured: { silence },
      };
    }
    return tested === undefined ? { verdict: 'unknown', why: 'no test yet' } : { verdict: 'pass' };
  },
};

import { between, minutes } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** A panel that is there, and of which no zone has said anything for days: its detectors may be dead, or somebody else's. Only where the inventory asks. */
export const panelQuiet: HealthCheck<'panel'> = {
  code: 'panel-quiet',
  title: { zh: '防区长期无信号', en: 'No zone has said anything for long' },
  subject: 'panel',
  effect: 'degraded',
  every: minutes(10),
  visibleAfter: minutes(0),
  dependsOn: ['panel-broker', 'panel-silent'],
  async probe({ panel }, context) {
    const allowed = panel.supervision?.quietAfter;
    if (allowed === undefined) return { verdict: 'unknown', why: 'not asked for' };
    const last = context.lastAlarmOf(panel.id);
    if (last === undefined) return { verdict: 'unknown', why: 'no zone has ever said anything' };
    const silence = between(last, context.now());
    if (silence <= allowed) return { verdict: 'pass' };
    const count = Math.floor(silence / 86_400_000);
    return {
      verdict: 'fail',
      sentence: {
        zh: `已 ${count} 天没有任何防区发出信号，请做一次步行测试。`,
        en: `No zone of the alarm panel has said anything for ${count} days: walk it and try each one.`,
      },
      measured: { silence },
    };
  },
};

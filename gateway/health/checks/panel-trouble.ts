import { seconds } from '../../domain/time.ts';
import { troubleTitles } from '../../domain/trouble-titles.ts';
import type { HealthCheck } from '../check.ts';

export const panelTrouble: HealthCheck<'panel'> = {
  code: 'panel-trouble',
  title: { zh: '报警主机故障', en: 'Alarm panel trouble' },
  subject: 'panel',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['panel-broker', 'panel-silent'],
  async probe({ panel }, context) {
    const status = context.panelStatus(panel.id);
    if (!status?.heardAt) return { verdict: 'unknown', why: 'not heard yet' };
    if (status.troubles.length === 0) return { verdict: 'pass' };
    const named = status.troubles.map((trouble) => {
      const text = troubleTitles[trouble.code];
      return trouble.zone === undefined ? text : { zh: `${text.zh}（防区 ${trouble.zone}）`, en: `${text.en} (zone ${trouble.zone})` };
    });
    return {
      verdict: 'fail',
      sentence: { zh: `报警主机：${named.map(({ zh }) => zh).join('、')}。`, en: `Alarm panel: ${named.map(({ en }) => en).join(', ')}.` },
    };
  },
};

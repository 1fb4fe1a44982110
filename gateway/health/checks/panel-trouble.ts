import type { TroubleCode } from '../../domain/report.ts';
import { seconds } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HealthCheck } from '../check.ts';

const words: Readonly<Record<TroubleCode, Words>> = {
  'mains-lost': { zh: '主机交流电断电', en: 'mains power lost' },
  'battery-low': { zh: '主机电池电量低', en: 'battery low' },
  'battery-missing': { zh: '主机电池缺失', en: 'battery missing' },
  tamper: { zh: '主机被撬', en: 'panel tampered' },
  'zone-tamper': { zh: '防区被撬', en: 'zone tampered' },
  'zone-battery-low': { zh: '探测器电池电量低', en: 'detector battery low' },
  siren: { zh: '警号故障', en: 'siren fault' },
  module: { zh: '模块故障', en: 'module fault' },
  communication: { zh: '通信故障', en: 'communication fault' },
  'zone-bypassed': { zh: '防区被旁路，无法报警', en: 'zone bypassed, it cannot raise an alarm' },
};

export const panelTrouble: HealthCheck<'panel'> = {
  code: 'panel-trouble',
  title: { zh: '报警主机故障', en: 'Alarm panel trouble' },
  subject: 'panel',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['panel-silent'],
  async probe({ panel }, context) {
    const status = context.panelStatus(panel.id);
    if (!status?.heardAt) return { verdict: 'unknown', why: 'not heard yet' };
    if (status.troubles.length === 0) return { verdict: 'pass' };
    const named = status.troubles.map((trouble) => {
      const text = words[trouble.code];
      return trouble.zone === undefined ? text : { zh: `${text.zh}（防区 ${trouble.zone}）`, en: `${text.en} (zone ${trouble.zone})` };
    });
    return {
      verdict: 'fail',
      sentence: { zh: `报警主机：${named.map(({ zh }) => zh).join('、')}。`, en: `Alarm panel: ${named.map(({ en }) => en).join(', ')}.` },
    };
  },
};

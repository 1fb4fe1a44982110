/** What troubles of panels and zones are called. */
import type { TroubleCode } from './report.ts';
import type { Words } from './words.ts';

export const troubleTitles: Readonly<Record<TroubleCode, Words>> = {
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

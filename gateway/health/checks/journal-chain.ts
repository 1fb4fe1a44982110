import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** The chain of events breaks: what the journal says of alarms is no proof from there on. Alarms go on. */
export const journalChain: HealthCheck<'gateway'> = {
  code: 'journal-chain',
  title: { zh: '事件日志被改动或损坏', en: 'The journal was changed or damaged' },
  subject: 'gateway',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe(_gateway, context) {
    const broken = context.chainBroken();
    if (!broken) return { verdict: 'pass' };
    const { position } = broken;
    const what = {
      altered: { zh: '与记录时不一致', en: 'is not as it was journalled' },
      missing: { zh: '缺失', en: 'is missing' },
      unreadable: { zh: '无法读取', en: 'cannot be read' },
    }[broken.what];
    return {
      verdict: 'fail',
      sentence: {
        zh: `事件日志第 ${position} 条${what.zh}，文件被改动或磁盘损坏；此前各条完好，报警仍照常记录和上传。请立即备份数据文件夹，再运行 campus-gateway journal verify 查看。`,
        en: `Event ${position} of the journal ${what.en}: somebody changed the file, or the disk did. Those before it are whole, and alarms go on. Keep a copy of the data folder now, then run campus-gateway journal verify.`,
      },
      measured: { position },
    };
  },
};

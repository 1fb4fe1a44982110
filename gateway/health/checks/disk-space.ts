import { minutes, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** The journal must never be the one that finds the disk full (reliability-security F3 reserves 256 MB for alarms). */
const leastBytes = 512 * 1024 * 1024;
const leastShare = 0.03;

export const diskSpace: HealthCheck<'gateway'> = {
  code: 'disk-space',
  title: { zh: '磁盘空间不足', en: 'Disk space is low' },
  subject: 'gateway',
  effect: 'degraded',
  every: minutes(1),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe(_gateway, context) {
    const { free, total } = await context.disk();
    const share = total > 0 ? free / total : 0;
    if (free >= leastBytes && (share >= leastShare || free >= 16 * leastBytes)) return { verdict: 'pass', measured: { free, share } };
    const megabytes = Math.round(free / 1024 / 1024);
    return {
      verdict: 'fail',
      sentence: { zh: `磁盘只剩 ${megabytes} MB，请清理或更换。`, en: `Only ${megabytes} MB of disk is left. Free some space or replace the disk.` },
      measured: { free, share },
    };
  },
};

import { between, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** A group of pictures may be this long before what is missing counts. */
const slack = seconds(1);
/** After a start the rings have to fill first. */
const patience = seconds(15);

/** Would an alarm of this zone come with the seconds before it? */
export const zoneRecording: HealthCheck<'zone'> = {
  code: 'zone-recording',
  title: { zh: '报警前画面不足', en: 'Seconds before an alarm missing' },
  subject: 'zone',
  effect: 'degraded',
  every: seconds(2),
  visibleAfter: seconds(5),
  dependsOn: [],
  async probe({ zone }, context) {
    for (const channel of zone.channels) {
      const ring = await context.ring(channel);
      if (ring && ring.reach + slack >= ring.wanted) continue;
      const filling = between(context.startedAt(), context.now()) < (ring?.wanted ?? 0) + patience;
      if (filling) return { verdict: 'unknown', why: 'the recording has only begun' };
      const name = context.channelName(channel);
      const kept = Math.round((ring?.reach ?? 0) / 1000);
      const wanted = Math.round((ring?.wanted ?? 0) / 1000);
      return {
        verdict: 'fail',
        sentence: ring
          ? {
              zh: `“${name}”只保存了最近 ${kept} 秒画面（应为 ${wanted} 秒），报警时可能看不到事前经过。`,
              en: `“${name}” keeps only the last ${kept} s of ${wanted} s: an alarm may come without what led to it.`,
            }
          : {
              zh: `“${name}”未在录制，报警时看不到事前经过。`,
              en: `“${name}” is not being recorded: an alarm would come without what led to it.`,
            },
        measured: { kept, wanted },
      };
    }
    return { verdict: 'pass' };
  },
};

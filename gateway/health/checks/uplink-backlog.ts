import { between, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** From 15 s on the school must be told to phone (reliability-security §0, decision 14). */
const longest = seconds(15);

export const uplinkBacklog: HealthCheck<'uplink'> = {
  code: 'uplink-backlog',
  title: { zh: '上级平台积压', en: 'Uplink does not take events' },
  subject: 'uplink',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['uplink-broken'],
  async probe({ uplink }, context) {
    const backlog = context.backlog(uplink.id);
    const waited = backlog.oldest === undefined ? 0 : between(backlog.oldest, context.now());
    const backup = context.standIn(uplink.id);
    if (waited < longest && backup !== undefined) {
      return {
        verdict: 'fail',
        sentence: { zh: `警务平台无应答，由“${backup}”代送。`, en: `Police platform does not answer: ${backup} stands in.` },
        measured: { pending: backlog.pending },
      };
    }
    if (waited < longest) {
      // Nothing owed is no proof that anybody is there; a link that stands is.
      if (context.answeredAt(uplink.id) === undefined && context.uplinkLink(uplink.id)?.state !== 'up')
        return { verdict: 'unknown', why: 'it has acknowledged nothing since the start' };
      return { verdict: 'pass', measured: { pending: backlog.pending } };
    }
    const count = Math.round(waited / 1_000);
    return {
      verdict: 'fail',
      sentence: { zh: `警务平台无应答，已等待 ${count} 秒。`, en: `Police platform has not answered for ${count} s.` },
      measured: { pending: backlog.pending, waited },
    };
  },
};

import { phoneWords } from '../../domain/phone-police.ts';
import { between, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** The gravest of all: somebody pressed, and nobody knows. It ends with the delivery, however often it has come and gone. */
export const alarmUndelivered: HealthCheck<'gateway'> = {
  code: 'alarm-undelivered',
  title: { zh: '报警未送达', en: 'Alarm not delivered' },
  subject: 'gateway',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  settlesIn: seconds(0),
  dependsOn: [],
  async probe(_gateway, context) {
    const found = context.undelivered();
    if (!found) return { verdict: 'pass' };
    const { journalledAt, script } = found;
    return {
      verdict: 'fail',
      sentence: { zh: `${phoneWords.zh}${script.zh}`, en: `${phoneWords.en} ${script.en}` },
      measured: { waited: between(journalledAt, context.now()) },
    };
  },
};

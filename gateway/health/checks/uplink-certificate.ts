import { dayOf, daysBetween } from '../../domain/certificate.ts';
import { seconds } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HealthCheck } from '../check.ts';

/** The platform's administrator is told while there is time. */
const warnedDays = 14;

/** What the platform shows by TLS ends, or has ended: nothing is written to one that cannot be trusted, and what it is owed waits. */
export const uplinkCertificate: HealthCheck<'uplink'> = {
  code: 'uplink-certificate',
  title: { zh: '上级平台证书过期', en: 'Certificate of the platform ends' },
  subject: 'uplink',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['uplink-broken'],
  async probe({ uplink }, context) {
    const certificate = context.uplinkCertificate(uplink.id);
    if (!certificate) return { verdict: 'unknown', why: 'it has shown no certificate since the start' };
    const { name, validFrom, validTo, refused } = certificate;
    const days = daysBetween(context.now(), validTo);
    // One that is taken after its time is pinned: there the pin alone counts.
    if (!refused && (days > warnedDays || validTo <= context.now())) return { verdict: 'pass', measured: { days } };
    const sentence = (): Words => {
      if (refused && validFrom > context.now())
        return {
          zh: `平台证书“${name}”自 ${dayOf(validFrom)} 起才有效，而本机时间为 ${dayOf(context.now())}：请校准本机时钟。报警已存储，恢复后自动上传。`,
          en: `The platform's certificate ${name} holds only from ${dayOf(validFrom)} on, and by this box it is ${dayOf(context.now())}: set the clock of the box. Alarms wait here and go by themselves.`,
        };
      if (refused && validTo > context.now())
        return {
          zh: `为平台证书“${name}”作保的上级证书已过期：请向平台管理员索取新的 CA 证书并更新 settings.ca 文件。报警已存储，恢复后自动上传。`,
          en: `A certificate that vouches for the platform's ${name} has ended: ask its administrator for the new authority, and put it to the file in settings.ca. Alarms wait here and go by themselves.`,
        };
      if (refused)
        return {
          zh: `平台证书“${name}”已于 ${dayOf(validTo)} 过期，无法安全上传：请立即联系平台管理员更换。报警已存储，更换后自动上传。`,
          en: `The platform's certificate ${name} ended on ${dayOf(validTo)}, so nothing can safely be sent: call its administrator to renew it. Alarms wait here and go by themselves then.`,
        };
      return {
        zh: `平台证书“${name}”将于 ${dayOf(validTo)} 过期（剩余 ${days} 天）：请提醒平台管理员更换。`,
        en: `The platform's certificate ${name} ends on ${dayOf(validTo)}, in ${days} days: remind its administrator to renew it.`,
      };
    };
    return { verdict: 'fail', sentence: sentence(), measured: { days } };
  },
};

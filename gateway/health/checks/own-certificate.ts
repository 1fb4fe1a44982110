import { dayOf, daysBetween } from '../../domain/certificate.ts';
import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** The box's own is renewed by itself a month before; whoever brings another is told a month before. */
const warnedDays = 30;

/** What the box shows by TLS ends, has ended, or cannot be renewed: panels and browsers that look at it will not come back. */
export const ownCertificate: HealthCheck<'gateway'> = {
  code: 'own-certificate',
  title: { zh: '网关证书过期', en: 'Certificate of the gateway ends' },
  subject: 'gateway',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: [],
  async probe(_gateway, context) {
    const { name, validTo, file, problem } = context.ownCertificate();
    const days = daysBetween(context.now(), validTo);
    const renew =
      file === undefined
        ? { zh: '请重启网关以生成新证书', en: 'restart the gateway, which then makes a new one' }
        : {
            zh: `请将新证书和私钥放入 ${file} 及其私钥文件，无需重启`,
            en: `put a new one and its key to ${file} and its key file; no restart is needed`,
          };
    if (problem !== undefined)
      return {
        verdict: 'fail',
        sentence: {
          zh: `新证书 ${file ?? ''} 无法使用（${problem}），仍在使用 ${dayOf(validTo)} 到期的“${name}”：请更正文件。`,
          en: `The new certificate at ${file ?? 'the data folder'} cannot be used: ${problem}. ${name}, until ${dayOf(validTo)}, is still shown: correct the files.`,
        },
      };
    if (days > warnedDays) return { verdict: 'pass', measured: { days } };
    const ended = validTo <= context.now();
    return {
      verdict: 'fail',
      sentence: ended
        ? {
            zh: `网关证书“${name}”已于 ${dayOf(validTo)} 过期，核验证书的主机和浏览器将无法连接：${renew.zh}。`,
            en: `The gateway's certificate ${name} ended on ${dayOf(validTo)}: panels and browsers that look at it cannot connect. To mend it, ${renew.en}.`,
          }
        : {
            zh: `网关证书“${name}”将于 ${dayOf(validTo)} 过期（剩余 ${days} 天）：${renew.zh}。`,
            en: `The gateway's certificate ${name} ends on ${dayOf(validTo)}, in ${days} days: ${renew.en}.`,
          },
      measured: { days },
    };
  },
};

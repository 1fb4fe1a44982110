/** Platforms that register in ways of their own, or not at all (gb28181 §3, §7 quirks 1–9, §8.4). */
import { isRequest, type Misbehaviour, withHeader } from './misbehaviour.ts';

export const registrationMisbehaviours: readonly Misbehaviour[] = [
  {
    name: 'no-challenge',
    says: { zh: '任何设备无需密码即可注册（SRS 如此）。', en: 'Registers everybody without a challenge, as SRS does.' },
    registrar: () => ({ algorithms: [] }),
  },
  {
    name: 'no-qop',
    says: { zh: '质询不带 qop（RFC 2069）。', en: 'Challenges without qop (RFC 2069).' },
    registrar: () => ({ qop: false }),
  },
  {
    name: 'sha-256',
    says: { zh: '只接受 SHA-256 摘要。', en: 'Takes SHA-256 digests only.' },
    registrar: () => ({ algorithms: ['SHA-256'] }),
  },
  {
    name: 'several-challenges',
    says: { zh: '一次 401 带多个 WWW-Authenticate。', en: 'Sends several WWW-Authenticate headers in one 401.' },
    registrar: () => ({ algorithms: ['SHA-256', 'MD5'] }),
  },
  {
    name: 'odd-challenge',
    says: {
      zh: '质询写法怪异：小写 digest、逗号前后空格、opaque、qop="auth,auth-int"。',
      en: 'Writes its challenge oddly: lower-case digest, blanks round commas, an opaque, qop="auth,auth-int".',
    },
    sends: (message) => {
      if (message.kind !== 'response' || message.status !== 401) return undefined;
      const odd = (value: string) =>
        `${value
          .replace(/^Digest/, 'digest')
          .replaceAll(', ', ' , ')
          .replace('qop="auth"', 'qop="auth,auth-int"')} , opaque="5ccc069c"`;
      return [{ message: withHeader(message, 'WWW-Authenticate', odd) }];
    },
  },
  {
    name: 'stale-nonce',
    says: { zh: '第一次正确应答被判为 nonce 过期（stale=true）。', en: 'Calls the nonce of the first right proof stale.' },
    registrar: () => ({ staleOnce: true }),
  },
  {
    name: 'refresh-challenged',
    says: { zh: '每次刷新注册都重新质询。', en: 'Challenges every refresh of a registration again.' },
    registrar: () => ({ trustsRefresh: false }),
  },
  {
    name: 'slow-registrar',
    says: { zh: '对 REGISTER 应答迟缓（1–3 秒）。', en: 'Answers REGISTER after 1 to 3 seconds.' },
    registrar: (dice) => ({ slow: dice.between(1_000, 3_000) }),
  },
  {
    name: 'silent-registrar',
    says: { zh: '对 REGISTER 不作任何应答。', en: 'Never answers REGISTER.' },
    hears: (message) => !isRequest(message, 'REGISTER'),
  },
  {
    name: 'refused',
    says: { zh: '拒绝注册：403。', en: 'Refuses every registration with 403.' },
    registrar: () => ({ refuses: 403 }),
  },
  {
    name: 'overloaded',
    says: { zh: '平台过载：注册应答 503。', en: 'Is overloaded and answers REGISTER with 503.' },
    registrar: () => ({ refuses: 503 }),
  },
  {
    name: 'asks-again',
    says: { zh: '密码错误时再次返回 401 而非 403。', en: 'Asks again with 401 where the password is wrong, instead of saying 403.' },
    registrar: () => ({ refusesProof: 401 }),
  },
  {
    name: 'redirect',
    says: { zh: '每台设备的注册先被 302 重定向一次。', en: 'Redirects the registration of each device once, with 302.' },
    registrar: () => ({ redirects: {} }),
  },
  {
    name: 'short-expiry',
    says: { zh: '只批准 20–60 秒的注册有效期。', en: 'Grants 20 to 60 seconds of registration, whatever is asked for.' },
    registrar: (dice) => ({ longest: dice.between(20, 60) }),
  },
  {
    name: 'date-none',
    says: { zh: '注册应答不带 Date。', en: 'Sends no Date with its 200.' },
    registrar: () => ({ date: 'none' }),
  },
  {
    name: 'date-gmt',
    says: { zh: 'Date 用 RFC 1123 格林尼治时间。', en: 'Writes Date as SIP does, in GMT.' },
    registrar: () => ({ date: 'gmt' }),
  },
  {
    name: 'date-zone',
    says: { zh: 'Date 带时区 +08:00。', en: 'Writes Date with a zone, +08:00.' },
    registrar: () => ({ date: 'zone' }),
  },
  {
    name: 'date-wrong',
    says: { zh: '平台时钟快一小时。', en: 'Has a clock that is one hour ahead.' },
    registrar: () => ({ date: 'wrong-by-an-hour' }),
  },
  {
    name: 'restart',
    says: { zh: '平台重启：离线 0–3 秒，回来后不记得任何设备。', en: 'Restarts: away for up to 3 seconds, and back without any memory.' },
    strikes: (struck, dice) => struck.restart(dice.between(0, 3_000)),
  },
  {
    name: 'amnesia',
    says: { zh: '忘记所有注册，对心跳回 404。', en: 'Forgets who is registered, and answers keepalives with 404.' },
    strikes: async (struck) => struck.forget(),
  },
  {
    name: 'keepalive-403',
    says: { zh: '对所有 MESSAGE 回 403。', en: 'Answers every MESSAGE with 403.' },
    refusesMessages: 403,
  },
  {
    name: 'keepalive-unanswered',
    says: { zh: '收到 MESSAGE 不应答。', en: 'Takes MESSAGEs and never answers them.' },
    hears: (message) => !isRequest(message, 'MESSAGE'),
  },
  {
    name: 'tcp-reset',
    says: { zh: '所有 TCP 连接被重置，注册关系仍保留。', en: 'Resets every TCP connection and keeps the registrations.' },
    strikes: (struck) => struck.cut(),
  },
];

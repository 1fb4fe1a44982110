/** What the platform itself said in words when it refused us: nobody knows better. */
import type { Words } from '../../../../gateway/domain/words.ts';
import { domainOf } from '../settings.ts';
import type { DoctorFacts } from './facts.ts';
import { tellingPhrase } from './phrase.ts';
import { down, problem, type Rule } from './rule.ts';

interface Meaning {
  readonly name: string;
  readonly words: RegExp;
  readonly sentence: (facts: DoctorFacts, said: string) => Words;
}

/** In the order in which they are looked for: a phrase may have words of several. */
const meanings: readonly Meaning[] = [
  {
    name: 'clock',
    words: /clock|time.?stamp|\bdate\b|time (skew|differ|is (wrong|off))|时钟|时间(戳|不|偏|错)/i,
    sentence: ({ seen: { ahead } }, said) => ({
      zh: `平台因时钟不一致而拒绝注册（${said}）${ahead === undefined ? '' : `，两边相差 ${Math.round(Math.abs(ahead) / 1_000)} 秒`}：请检查两边的时间与校时（NTP）。`,
      en: `The platform refuses the registration because the clocks differ (${said})${ahead === undefined ? '' : `, by ${Math.round(Math.abs(ahead) / 1_000)} s`}: check time and NTP on both sides.`,
    }),
  },
  {
    name: 'locked',
    words: /\bb?lock|fro?zen|freez|suspend|disabled?\b|barred|black.?list|too many (attempt|fail|try|tries)|锁|冻结|停用|禁用|封禁|黑名单|次数过多/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台已锁定或停用设备 ${codes.device}（${said}）：请平台方解锁或启用，再核对密码。`,
      en: `The platform has locked or disabled device ${codes.device} (${said}): ask its people to unlock it, then make sure of the password.`,
    }),
  },
  {
    name: 'expired',
    words: /\bexpired\b|overdue|lapsed|到期|过期|失效/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台称设备 ${codes.device} 的账号或授权已过期（${said}）：请平台方续期或重新启用。`,
      en: `The platform says that the account or licence of device ${codes.device} has expired (${said}): ask its people to renew it.`,
    }),
  },
  {
    name: 'pending',
    words:
      /not (yet )?(been )?(activ|approv|enabl|audit)|in-?active|unapproved|pending|await|under review|未审|待审|审核|审批|待批|未激活|未启用|未批准|未开通/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台上设备 ${codes.device} 尚未启用或未通过审核（${said}）：请平台方启用。`,
      en: `Device ${codes.device} is not yet enabled or approved at the platform (${said}): ask its people to enable it.`,
    }),
  },
  {
    name: 'duplicate',
    words: /already|duplicat|conflict|in use|another (device|session|box)|occupied|重复|冲突|已(被)?(注册|在线|登录|登陆|存在|占用|使用)|占用/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台称编码 ${codes.device} 已被使用（${said}）：另一台设备正用同一编码注册，请找出它，或向平台方另要编码。`,
      en: `The platform says that code ${codes.device} is in use (${said}): another device has registered with the same code. Find it, or ask for another code.`,
    }),
  },
  {
    name: 'limit',
    words: /limit|quota|licen[cs]e|capacity|maximum|\bfull\b|too many devices|授权|上限|配额|许可|数量已|已满/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台的接入数量或授权已满（${said}）：请平台方为设备 ${codes.device} 增加授权。`,
      en: `The platform has no licence or room for more devices (${said}): ask its people to make room for device ${codes.device}.`,
    }),
  },
  {
    name: 'realm',
    words: /domain|realm|域/i,
    sentence: ({ settings }, said) => ({
      zh: `平台不接受域 ${domainOf(settings)}（${said}）：请更正域（platform.domain）或平台编码 ${settings.platform.code}。`,
      en: `The platform does not take domain ${domainOf(settings)} (${said}): correct platform.domain, or platform code ${settings.platform.code}.`,
    }),
  },
  {
    name: 'password',
    words: /passw(or)?d|credential|secret|auth\w* (fail|error)|密码|口令|认证失败|鉴权失败/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台称密码错误（${said}）：请重新填写设备 ${codes.device} 的密码，并核对用户名。`,
      en: `The platform says that the password is wrong (${said}): enter the password of device ${codes.device} again, and compare the user name.`,
    }),
  },
  {
    name: 'platform code',
    words: /(server|platform).{0,12}(id|code)\b|(服务器|平台)(编码|ID|编号)/i,
    sentence: ({ settings: { platform } }, said) => ({
      zh: `平台称平台编码有误（${said}）：请核对平台编码 ${platform.code}。`,
      en: `The platform says that its own code is wrong (${said}): compare platform code ${platform.code} with the bureau's letter.`,
    }),
  },
  {
    name: 'identity',
    words:
      /unknown|not (found|exist|registered|known|entered|listed|recogni)|no such|does ?n.t exist|invalid (device|user|id|code)|illegal|(device|user|client|terminal).{0,12}(id|code)\b|未知|不存在|未登记|未注册|未添加|未录入|非法|无此|查无/i,
    sentence: ({ settings: { codes } }, said) => ({
      zh: `平台不认识设备编码 ${codes.device}（${said}）：它未在平台登记，或编码填写有误。`,
      en: `The platform does not know device code ${codes.device} (${said}): it is not entered there, or the code is mistyped here.`,
    }),
  },
  {
    name: 'source address',
    words: /\bip\b|address|white.?list|source|白名单|地址|来源/i,
    sentence: ({ own, seen }, said) => ({
      zh: `平台不接受来自 ${seen.us ?? own ?? '本机地址'} 的设备（${said}）：请平台方把该 IP 地址加入白名单，或更正登记的地址。`,
      en: `The platform takes no devices from ${seen.us ?? own ?? 'our address'} (${said}): ask its people to allow this IP address.`,
    }),
  },
  {
    name: 'version',
    words: /version|protocol|X-GB-Ver|版本|协议/i,
    sentence: ({ settings: { version } }, said) => ({
      zh: `平台不接受标准版本 ${version}（${said}）：请把版本改为 ${version === '2022' ? '2016' : '2022'}。`,
      en: `The platform does not take version ${version} of the standard (${said}): set the version to ${version === '2022' ? '2016' : '2022'}.`,
    }),
  },
  {
    name: 'transport',
    words: /\b(tcp|udp|transport)\b|传输/i,
    sentence: ({ settings: { transport } }, said) => ({
      zh: `平台不接受传输方式 ${transport.toUpperCase()}（${said}）：请改为 ${transport === 'tcp' ? 'UDP' : 'TCP'}。`,
      en: `The platform does not take ${transport.toUpperCase()} (${said}): change the transport to ${transport === 'tcp' ? 'UDP' : 'TCP'}.`,
    }),
  },
  {
    name: 'expires',
    words: /expires|interval|duration|有效期|时长/i,
    sentence: ({ settings: { expires } }, said) => ({
      zh: `平台不接受注册有效期 ${expires} 秒（${said}）：请更改有效期（expires），通常 3600 到 86400 秒。`,
      en: `The platform does not take a registration of ${expires} s (${said}): change expires; 3600 to 86400 s are usual.`,
    }),
  },
];

/** A refusal that a status alone would explain otherwise. */
export const said: Rule = (facts) => {
  const { trouble, seen } = facts;
  if (!down(facts)) return undefined;
  const refused = trouble.kind === 'refused' || trouble.kind === 'wrong-password' || trouble.kind === 'forgotten';
  // A 423 and a redirection have words of their own.
  if (!refused || (trouble.kind === 'refused' && (trouble.status === 423 || trouble.status < 400))) return undefined;
  const status = trouble.kind === 'wrong-password' ? 401 : trouble.status;
  const phrase = seen.registers[0]?.said ?? (trouble.kind === 'refused' ? tellingPhrase(status, trouble.reason) : '');
  const meaning = meanings.find(({ words }) => words.test(phrase));
  if (!meaning) return undefined;
  const { zh, en } = meaning.sentence(facts, `${status} ${phrase}`);
  return problem(meaning.name, zh, en);
};

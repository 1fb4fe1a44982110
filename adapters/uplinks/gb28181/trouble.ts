/** Why a platform does not know us: each way that it goes wrong in the field, in words that name the likely cause. */
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import type { Words } from '../../../gateway/domain/words.ts';
import { hostPort } from '../../protocols/sip/uri.ts';
import type { Server } from './link.ts';
import { domainOf, type GbSettings } from './settings.ts';

/** Answers to what only the registered may send: the platform does not know us. */
export const forgetting: ReadonlySet<number> = new Set([401, 403, 404, 407, 481]);
/** Another server is to be asked, for all that follows. */
export const redirecting: ReadonlySet<number> = new Set([301, 302]);
/** The longest registration that can be asked for, s. */
export const longestExpires = 604_800;

/** The longest that a Retry-After keeps us away, s: the alarms of a school wait for it. */
export const longestWait = 600;
/** The shortest between two refusals, s (GB/T 28181 §9.1.2.1). */
const shortestWait = 60;

interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly reason: string;
  /** Of a 423: the registration that was asked for, and the shortest that it would take, both s. */
  readonly asked?: number;
  readonly least?: number;
  /** Its Retry-After, s. */
  readonly wait?: number;
}

export type Trouble =
  | { readonly kind: 'opening' }
  /** A name that nobody could resolve. */
  | { readonly kind: 'unknown-host'; readonly said: string }
  /** The address or interface to speak from is not on this box. */
  | { readonly kind: 'no-local-address'; readonly wanted: string }
  | { readonly kind: 'port-taken'; readonly at: string }
  | { readonly kind: 'unreachable'; readonly said: string }
  | { readonly kind: 'silent'; readonly seconds: number }
  /** It asks for a signature, and there is nothing to sign with. */
  | { readonly kind: 'no-password' }
  | { readonly kind: 'wrong-password' }
  /** Its challenge cannot be answered. */
  | { readonly kind: 'unknown-challenge' }
  | Refused
  /** It took the registration, and then answered a keepalive as if there were none. */
  | { readonly kind: 'forgotten'; readonly status: number }
  | { readonly kind: 'lost'; readonly misses: number }
  /** Over TCP: neither an alarm nor a keepalive after it was answered, and what lies in the connection must not arrive later. */
  | { readonly kind: 'mute'; readonly seconds: number }
  | { readonly kind: 'closed'; readonly said: string }
  /** We are seen, or are, at another address than before. */
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'redirected-in-circles' };

/** Where a platform is: as the settings have it, or the server that a 302 of it named. */
export function placeOf({ platform }: GbSettings, asked: Server | undefined): string {
  return asked?.redirected ? hostPort(asked.peer.address, asked.peer.port) : `${platform.address}:${platform.port}`;
}

/** One sentence each; what may be wrong comes after what was seen. `asked`: whom we last asked to register us. */
export function wordsOf(trouble: Trouble, settings: GbSettings, asked?: Server): Words {
  const { platform, transport, codes, local } = settings;
  const at = placeOf(settings, asked);
  const over = transport.toUpperCase();
  switch (trouble.kind) {
    case 'opening':
      return { zh: `正在向平台 ${at} 注册。`, en: `Registering with the platform at ${at}.` };
    case 'unknown-host':
      return {
        zh: `无法解析平台主机名 ${platform.address}：请填写 IP 地址或检查 DNS 设置。`,
        en: `The platform's host name ${platform.address} cannot be resolved: enter its IP address or check the DNS settings.`,
      };
    case 'no-local-address':
      return {
        zh: `本机没有用于该平台的地址 ${trouble.wanted}：网线未接，或“本地地址/网卡”填写有误。`,
        en: `This box has no address ${trouble.wanted} to speak to the platform from: the cable is out, or the local address or interface is wrong.`,
      };
    case 'port-taken':
      return {
        zh: `本地 SIP 端口 ${trouble.at} 已被占用：请为该平台设置另一个本地端口。`,
        en: `The local SIP port ${trouble.at} is taken: give this platform another local port.`,
      };
    case 'unreachable':
      return {
        zh: `无法连接平台 ${at}（${over}）：地址或端口错误、平台未启动，或防火墙阻断。`,
        en: `The platform at ${at} takes no ${over} connection: the address or port is wrong, the platform is down, or a firewall stands between.`,
      };
    case 'silent':
      return {
        zh: `平台 ${at}（${over}）在 ${trouble.seconds} 秒内未应答注册：地址、端口或传输方式错误，网络不通，或平台忽略未登记的设备编码 ${codes.device}。`,
        en: `The platform at ${at} did not answer our registration over ${over} within ${trouble.seconds} s: address, port or transport is wrong, the network is down, or it ignores device code ${codes.device}, which is not entered there.`,
      };
    case 'no-password':
      return { zh: '平台要求密码，但未填写密码。', en: 'The platform asks for a password, and none is entered.' };
    case 'wrong-password':
      return {
        zh: `平台不接受密码（401）：密码或用户名与平台上设备 ${codes.device} 的设置不一致。`,
        en: `The platform does not take the password (401): password or user name differ from what it has for device ${codes.device}.`,
      };
    case 'unknown-challenge':
      return {
        zh: '平台要求的认证算法本机不支持。',
        en: 'The platform asks for a signature by an algorithm that this box does not have.',
      };
    case 'refused':
      if (trouble.status === 423) return tooShort({ asked: settings.expires, ...trouble });
      return withWait(
        refusalWords(trouble.status, trouble.reason, {
          ...{ code: codes.device, server: asked?.code ?? platform.code },
          domain: domainOf(settings, asked?.code),
        }),
        trouble.wait,
      );
    case 'forgotten':
      return {
        zh: `平台不再认识本设备（应答 ${trouble.status}）：平台可能已重启，正在重新注册。`,
        en: `The platform no longer knows this device (${trouble.status}): it may have restarted. Registering again.`,
      };
    case 'lost':
      return {
        zh: `平台连续 ${trouble.misses} 次未应答心跳：网络中断或平台停机。`,
        en: `The platform has left ${trouble.misses} keepalives unanswered: the network is down, or the platform is.`,
      };
    case 'mute':
      return {
        zh: `平台在 ${trouble.seconds} 秒内既未应答告警也未应答心跳：该 TCP 连接已放弃，正在重新注册。`,
        en: `The platform answered neither an alarm nor a keepalive within ${trouble.seconds} s: that TCP connection was given up. Registering again.`,
      };
    case 'closed':
      return { zh: '平台断开了 TCP 连接。', en: `The TCP connection to the platform ended: it ${trouble.said}` };
    case 'moved':
      return {
        zh: `本机地址已变为 ${trouble.to}，正在重新注册。`,
        en: `Our address is now ${trouble.to}. Registering again.`,
      };
    case 'redirected-in-circles':
      return {
        zh: '平台一再重定向注册（302），未能到达任何服务器。',
        en: `The platform redirects the registration (302) again and again, and no server takes it${local.address === undefined ? '' : ` from ${local.address}`}.`,
      };
  }
}

/** How long we stay away because the platform said so; undefined: it did not. */
export function waitAsked(trouble: Trouble): Millis | undefined {
  return trouble.kind === 'refused' && trouble.wait !== undefined ? seconds(kept(trouble.wait)) : undefined;
}

const kept = (wait: number) => Math.min(Math.max(wait, shortestWait), longestWait);

function withWait(words: Words, wait: number | undefined): Words {
  if (wait === undefined) return words;
  const ours = kept(wait);
  if (ours === wait) return { zh: `${words.zh}平台要求 ${wait} 秒后再试，本机照办。`, en: `${words.en} It asks us to wait ${wait} s, and we do.` };
  return ours < wait
    ? {
        zh: `${words.zh}平台要求 ${wait} 秒后再试，本机最多等待 ${ours} 秒。`,
        en: `${words.en} It asks us to wait ${wait} s: we wait ${ours} s, and never longer.`,
      }
    : {
        zh: `${words.zh}平台要求 ${wait} 秒后再试，本机至少等待 ${ours} 秒。`,
        en: `${words.en} It asks us to wait ${wait} s: we wait ${ours} s, and never less.`,
      };
}

interface RefusedAs {
  readonly code: string;
  readonly server: string;
  readonly domain: string;
}

function refusalWords(status: number, reason: string, { code, server, domain }: RefusedAs): Words {
  const said = `${status} ${reason}`.trim();
  switch (status) {
    case 403:
      return {
        zh: `平台拒绝注册（${said}）：设备编码 ${code} 未在平台登记，或密码错误。`,
        en: `The platform refuses the registration (${said}): device code ${code} is not entered there, or the password is wrong.`,
      };
    case 404:
      return {
        zh: `平台找不到注册对象（${said}）：平台编码 ${server} 或域 ${domain} 有误，或设备编码 ${code} 未登记。`,
        en: `The platform does not find whom we register with (${said}): platform code ${server} or domain ${domain} is wrong, or device code ${code} is not entered.`,
      };
    case 400:
      return {
        zh: `平台认为注册消息有误（${said}）：版本、编码或域的设置可能不符合该平台。`,
        en: `The platform finds our registration malformed (${said}): version, codes or domain may not suit it.`,
      };
    case 405:
    case 501:
      return {
        zh: `平台不支持注册（${said}）：该地址或端口不是它的注册服务，请核对平台地址与端口。`,
        en: `There registrations are not taken at all (${said}): this address or port is not the platform's registrar. Compare address and port.`,
      };
    case 406:
    case 415:
    case 420:
    case 488:
    case 505:
      return {
        zh: `平台不接受本机的注册消息（${said}）：标准版本（version）可能不符，请换一种。`,
        en: `The platform does not take registrations of this form (${said}): the version of the standard may not suit it. Choose the other one.`,
      };
    case 410:
    case 604:
      return {
        zh: `平台上已没有设备编码 ${code}（${said}）：它被删除，请平台方重新登记。`,
        en: `The platform has device code ${code} no more (${said}): ask its people to enter it again.`,
      };
    case 482:
    case 483:
      return {
        zh: `注册在平台内部来回转发（${said}）：平台编码 ${server} 或域 ${domain} 不是它自己的，请更正。`,
        en: `The registration is passed round in circles there (${said}): platform code ${server} or domain ${domain} is not its own. Correct it.`,
      };
    case 302:
    case 301:
      return {
        zh: `平台把注册重定向（${said}），但没有给出可用的服务器地址：请平台方检查。`,
        en: `The platform redirects the registration (${said}) and names no server that can be used: ask its operator.`,
      };
    case 408:
    case 504:
      return {
        zh: `平台的代理或后端服务超时（${said}）：其注册服务可能停机，请联系平台方。`,
        en: `The platform's own services do not answer in time (${said}): its registrar may be down. Ask its operator.`,
      };
    case 429:
    case 480:
    case 486:
    case 503:
    case 600:
      return {
        zh: `平台暂时不可用（${said}）：过载、正在维护或后端服务停机，本机会自动重试，请联系平台方。`,
        en: `The platform is not available just now (${said}): it is overloaded, being worked at, or a service behind it is down. We try again by ourselves; ask its operator.`,
      };
    default:
      return status >= 500 && status < 600
        ? { zh: `平台内部错误（${said}）：请联系平台方。`, en: `The platform is in trouble itself (${said}): ask its operator.` }
        : {
            zh: `平台拒绝注册（${said}）：请向平台方核对设备编码 ${code}、平台编码 ${server} 与接入权限。`,
            en: `The platform refuses the registration (${said}): compare device code ${code}, platform code ${server} and the device's rights with its operator.`,
          };
  }
}

interface TooShort {
  readonly status: number;
  readonly reason: string;
  /** s, both. */
  readonly asked: number;
  readonly least?: number;
}

/** What people take for the next longer one, s. */
const usualExpires = [3_600, 86_400, longestExpires] as const;

function tooShort({ status, reason, asked, least }: TooShort): Words {
  const said = `${status} ${reason}`.trim();
  const next = least ?? usualExpires.find((length) => length > asked);
  const seen = {
    zh: `平台认为注册有效期 ${asked} 秒太短（${said}）`,
    en: `The platform finds a registration of ${asked} s too short (${said})`,
  };
  if (next === undefined || next > longestExpires) {
    const wants = { zh: least === undefined ? '' : `，要求至少 ${least} 秒`, en: least === undefined ? '' : ` and wants ${least} s at least` };
    return {
      zh: `${seen.zh}${wants.zh}，而本机最长为 ${longestExpires} 秒：请平台方放宽限制。`,
      en: `${seen.en}${wants.en}, and ours hold ${longestExpires} s at most: ask its operator to allow that.`,
    };
  }
  return least === undefined
    ? {
        zh: `${seen.zh}，没有说明最短多少：请把有效期（expires）改为 ${next} 秒。`,
        en: `${seen.en} and does not say what would do: set expires to ${next} s.`,
      }
    : { zh: `${seen.zh}：请把有效期（expires）改为 ${least} 秒或更长。`, en: `${seen.en}: set expires to ${least} s or more.` };
}

/** Why a platform does not know us: each way that it goes wrong in the field, in words that name the likely cause. */
import type { Words } from '../../../gateway/domain/words.ts';
import type { GbSettings } from './settings.ts';

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
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** It took the registration, and then answered a keepalive as if there were none. */
  | { readonly kind: 'forgotten'; readonly status: number }
  | { readonly kind: 'lost'; readonly misses: number }
  | { readonly kind: 'closed'; readonly said: string }
  /** We are seen, or are, at another address than before. */
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'redirected-in-circles' };

/** One sentence each; what may be wrong comes after what was seen. */
export function wordsOf(trouble: Trouble, { platform, transport, codes, local, expires }: GbSettings): Words {
  const at = `${platform.address}:${platform.port}`;
  const over = transport.toUpperCase();
  switch (trouble.kind) {
    case 'opening':
      return { zh: `正在向平台 ${at} 注册。`, en: `Registering with the platform at ${at}.` };
    case 'unknown-host':
      return {
        zh: `无法解析平台主机名 ${platform.address}：请填写 IP 地址或检查 DNS。`,
        en: `The platform's host name ${platform.address} cannot be resolved: enter its IP address or mend the DNS.`,
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
      return refusalWords(trouble.status, trouble.reason, { code: codes.device, server: platform.code, expires });
    case 'forgotten':
      return {
        zh: `平台不再认识本设备（心跳应答 ${trouble.status}）：平台可能已重启，正在重新注册。`,
        en: `The platform no longer knows this device (${trouble.status} to a keepalive): it may have restarted. Registering again.`,
      };
    case 'lost':
      return {
        zh: `平台连续 ${trouble.misses} 次未应答心跳：网络中断或平台停机。`,
        en: `The platform has left ${trouble.misses} keepalives unanswered: the network is down, or the platform is.`,
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

interface RefusedAs {
  readonly code: string;
  readonly server: string;
  /** s. */
  readonly expires: number;
}

function refusalWords(status: number, reason: string, { code, server, expires }: RefusedAs): Words {
  const said = `${status} ${reason}`.trim();
  switch (status) {
    case 403:
      return {
        zh: `平台拒绝注册（${said}）：设备编码 ${code} 未在平台登记，或密码错误。`,
        en: `The platform refuses the registration (${said}): device code ${code} is not entered there, or the password is wrong.`,
      };
    case 404:
      return {
        zh: `平台找不到注册对象（${said}）：平台编码 ${server} 或域有误，或设备编码 ${code} 未登记。`,
        en: `The platform does not find whom we register with (${said}): platform code ${server} or its domain is wrong, or device code ${code} is not entered.`,
      };
    case 400:
      return {
        zh: `平台认为注册消息有误（${said}）：版本、编码或域的设置可能不符合该平台。`,
        en: `The platform finds our registration malformed (${said}): version, codes or domain may not suit it.`,
      };
    case 423:
      return {
        zh: `平台嫌注册有效期 ${expires} 秒太短（${said}）：请把有效期（expires）改为 3600 秒或更长。`,
        en: `The platform finds a registration of ${expires} s too short (${said}): set expires to 3600 s or more.`,
      };
    default:
      return status >= 500
        ? { zh: `平台内部错误（${said}）。`, en: `The platform is in trouble itself (${said}).` }
        : { zh: `平台拒绝注册（${said}）。`, en: `The platform refuses the registration (${said}).` };
  }
}

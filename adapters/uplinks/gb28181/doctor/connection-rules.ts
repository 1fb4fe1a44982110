/** Why nobody answers. In the order in which they would explain the rest. */
import { isIP } from 'node:net';
import { minutes, seconds } from '../../../../gateway/domain/time.ts';
import type { UplinkFinding } from '../../../../gateway/domain/uplink-ports.ts';
import type { Words } from '../../../../gateway/domain/words.ts';
import { domainOf } from '../settings.ts';
import { type Trouble, wordsOf } from '../trouble.ts';
import { codeHint, exchangedWords, looksExchanged } from './code-doubts.ts';
import type { DoctorFacts } from './facts.ts';
import type { Knock } from './probe.ts';
import { at, down, problem, type Rule, warning } from './rule.ts';

/** A stranger that has not spoken for so long explains nothing of now. */
const latelyHeard = minutes(10);
/** The platform itself has not said why. */
const unheard: ReadonlySet<Trouble['kind']> = new Set(['silent', 'unreachable', 'closed', 'opening', 'lost', 'mute']);
/** Bytes beyond which a datagram may be too long for a tunnel. */
const longish = 1_000;

/** Timer F ends at 32 s (RFC 3261 §17.1.2.2), here and where the answer is made: who takes so long is not heard. */
const timerF = seconds(30);

/** What keeps us from speaking at all. */
const speaking: Rule = ({ status, trouble, settings }) =>
  status.state === 'down' && (trouble.kind === 'no-local-address' || trouble.kind === 'port-taken' || trouble.kind === 'unknown-host')
    ? { name: 'local', verdict: 'problem', sentence: wordsOf(trouble, settings) }
    : undefined;

/** Nothing goes from one kind of address to the other. */
const family: Rule = (facts) => {
  const { address, own } = facts;
  if (!down(facts) || address === undefined || own === undefined || isIP(address) === isIP(own)) return undefined;
  return problem(
    'address family',
    `平台地址 ${address} 是 IPv${isIP(address)}，而本机用于该平台的地址 ${own} 是 IPv${isIP(own)}，两者不通：请更正本地地址（local.address）或平台地址。`,
    `The platform's address ${address} is IPv${isIP(address)}, while ours for it, ${own}, is IPv${isIP(own)}: nothing goes from one to the other. Correct local.address or the platform's address.`,
  );
};

const strangerWith =
  (knowing: boolean): Rule =>
  (facts) => {
    const stranger = facts.strangers.find(({ knowsUs, age }) => knowsUs === knowing && age < latelyHeard);
    if (!stranger) return undefined;
    const { address } = facts.settings.platform;
    const tell = knowing && down(facts) && unheard.has(facts.trouble.kind) ? problem : warning;
    return tell(
      'addresses',
      `有 SIP 消息或连接来自 ${stranger.address}，不是平台地址 ${address}，已被拒收：若属于该平台（它的另一台服务器），请加入 platform.alsoFrom，或更正平台地址。`,
      `SIP messages or connections come from ${stranger.address}, which is not the platform's address ${address}, and are not heard: if it belongs to the platform, as another server of it, add it to platform.alsoFrom, or correct the address.`,
    );
  };

/** Another server of the platform, as a rule. */
export const strangers = strangerWith(true);
/** Anybody, as a rule; while the platform itself never speaks, perhaps it. */
const anybody = strangerWith(false);
const unspoken = (facts: DoctorFacts) => !down(facts) && facts.lasts !== undefined && facts.seen.callers.length === 0;
export const perhapsThePlatform: Rule = (facts) => (unspoken(facts) ? anybody(facts) : undefined);
export const passersBy: Rule = (facts) => (unspoken(facts) ? undefined : anybody(facts));

/** It asked for a signature, and then never answered the REGISTER that has one. */
const signedIgnored: Rule = (facts) => {
  const { trouble, settings, seen, knocks } = facts;
  const [last] = seen.registers;
  const challenge = seen.registers.find(({ signed, status }) => !signed && (status === 401 || status === 407));
  if (!down(facts) || !unheard.has(trouble.kind) || !last?.signed || last.status !== undefined || !challenge) return undefined;
  if (knocks && [knocks.tcp, knocks.udp].every((knock) => knock !== 'answered') && trouble.kind !== 'silent') return undefined;
  const [bytes, passes] = [last.bytes ?? 0, challenge.bytes ?? 0];
  const udp = settings.transport === 'udp';
  const lost = {
    zh: `途中丢弃较长的 UDP 报文（MTU/分片），请改用 TCP`,
    en: `longer UDP datagrams are lost on the way (its MTU is too small; change the transport to TCP)`,
  };
  const refused = {
    zh: `平台不接受密码或设备编码 ${settings.codes.device}，又不作答`,
    en: `it does not take the password or device code ${settings.codes.device}, and does not say so`,
  };
  const [first, second] = !udp ? [refused] : bytes > longish ? [lost, refused] : [refused, lost];
  const zh = second ? `${first?.zh}；或${second.zh}` : first?.zh;
  const en = second ? `${first?.en}; or ${second.en}` : first?.en;
  return problem(
    'signed registration',
    `平台 ${at(facts)} 应答了第一条注册（${passes} 字节，要求签名），却从不应答带签名的注册（${bytes} 字节）：${zh}。`,
    `The platform at ${at(facts)} answers our first REGISTER (${passes} bytes) by asking for a signature, and never answers the signed one (${bytes} bytes): ${en}.`,
  );
};

const isForeign = (knock: Knock) => knock === 'foreign' || knock === 'http';

/** Nobody answers: what knocking tells. */
const transport: Rule = (facts) => {
  const { trouble, knocks, settings, asked } = facts;
  if (!down(facts) || !knocks || !unheard.has(trouble.kind)) return undefined;
  const [own, other] = settings.transport === 'tcp' ? [knocks.tcp, knocks.udp] : [knocks.udp, knocks.tcp];
  const otherName = settings.transport === 'tcp' ? 'UDP' : 'TCP';
  const ownName = settings.transport.toUpperCase();
  if (own !== 'answered' && other === 'answered') {
    return problem(
      'transport',
      `平台 ${at(facts)} 在 ${otherName} 上应答，而设置的是 ${ownName}：请把传输方式改为 ${otherName}。`,
      `The platform at ${at(facts)} answers over ${otherName}, but the transport is set to ${ownName}: change the transport to ${otherName}.`,
    );
  }
  // A first registration that is still under way when a person asks has waited too long already.
  if (own === 'answered' && trouble.kind !== 'silent' && trouble.kind !== 'opening') return undefined;
  if (asked?.redirected) return redirected(facts, own === 'answered');
  if (own === 'answered') return ignored(facts);
  return unanswered(facts, own, other);
};

/** It is there, and says nothing to a REGISTER, or not in time. */
function ignored(facts: DoctorFacts): UplinkFinding {
  const { settings, seen } = facts;
  const late = seen.registers.find(({ took = 0 }) => took > timerF);
  if (late) {
    const took = Math.round((late.took ?? 0) / 1_000);
    return problem(
      'slow',
      `平台 ${at(facts)} 应答注册太慢（${took} 秒后才应答，超过 32 秒已无效）：平台过载，或网络延迟太大，请联系平台方。`,
      `The platform at ${at(facts)} answers our registration too late (after ${took} s, where 32 s are the limit): it is overloaded, or the network is slow. Ask its operator.`,
    );
  }
  if (looksExchanged(settings)) return { name: 'identity', verdict: 'problem', sentence: exchangedWords(settings) };
  const doubt = codeHint(settings);
  return problem(
    'identity',
    `平台 ${at(facts)} 应答其他请求，却忽略我们的注册：平台编码 ${settings.platform.code}、域 ${domainOf(settings)} 有误（请求 URI 形式 requestUri 也可能不合），或设备编码 ${settings.codes.device} 未在平台登记${doubt.zh}。`,
    `The platform at ${at(facts)} answers other requests and ignores our registration: platform code ${settings.platform.code} or domain ${domainOf(settings)} is wrong (or the form of the Request-URI, requestUri), or device code ${settings.codes.device} is not entered there${doubt.en}.`,
  );
}

/** `own`: by the transport that is set. */
function unanswered(facts: DoctorFacts, own: Knock, other: Knock): UplinkFinding {
  const { settings, trouble } = facts;
  const { address, port } = settings.platform;
  const { device } = settings.codes;
  const tcp = settings.transport === 'tcp';
  const before = stoodBefore(facts);
  if (!isForeign(own) && other === 'open') {
    return own === 'closed'
      ? problem(
          'transport',
          `平台 ${at(facts)} 只接受 TCP 连接，UDP 端口无人监听，而设置的是 UDP：请把传输方式改为 TCP。`,
          `The platform at ${at(facts)} takes TCP connections, nobody listens over UDP, and the transport is set to UDP: change the transport to TCP.`,
        )
      : problem(
          'transport',
          `平台 ${at(facts)} 接受 TCP 连接，而 UDP 没有任何应答：多半应把传输方式改为 TCP，或防火墙阻断 UDP。`,
          `The platform at ${at(facts)} takes TCP connections, and nothing answers over UDP: most likely the transport must be changed to TCP, or a firewall drops UDP.`,
        );
  }
  if (own === 'http' || (other === 'http' && own !== 'open')) {
    return problem(
      'port',
      `平台地址 ${at(facts)} 没有应答 SIP，在那里应答的是网页服务（HTTP）：端口填错，请向平台方核对 SIP 端口（通常 5060），或地址有误，或途中有代理。`,
      `The platform's address ${at(facts)} does not answer SIP; a web server (HTTP) answers there: the port is wrong (ask for that of SIP, often 5060), or the address is, or a proxy stands between.`,
    );
  }
  if (own === 'closed' && tcp && other === 'silent') {
    return problem(
      'port',
      `主机 ${address} 在线，但端口 ${port} 拒绝 TCP 连接，无人监听：端口或地址填写错误，平台未启动，或平台只用 UDP${before.zh}。`,
      `The host ${address} is there, but port ${port} refuses TCP connections, nobody listens: the port or the address is wrong, the platform is not running, or it speaks UDP alone${before.en}.`,
    );
  }
  if (own === 'closed') {
    return problem(
      'port',
      `主机 ${address} 在线，但端口 ${port} 无人监听：端口或地址填写错误，或平台未启动${before.zh}。`,
      `The host ${address} is there, but nobody listens at port ${port}: the port or the address is wrong, or the platform is not running${before.en}.`,
    );
  }
  if (isForeign(own) || isForeign(other)) {
    return problem(
      'address',
      `平台地址 ${at(facts)} 没有应答 SIP，在那里应答的是别的程序：地址或端口错误，或途中有代理或防火墙。`,
      `The platform's address ${at(facts)} does not answer SIP; some other program answers there: the address or the port is wrong, or a proxy or firewall stands between.`,
    );
  }
  if (own === 'open') {
    return trouble.kind === 'closed'
      ? problem(
          'connection',
          `平台 ${at(facts)} 接受 TCP 连接，又在应答注册之前断开：该端口不是 SIP 端口（或要求 TLS），或平台只接受登记过的地址与设备编码 ${device}。`,
          `The platform at ${at(facts)} takes our TCP connection and closes it before it answers the registration: it is not a SIP port (or wants TLS), or it takes only addresses and device codes that are entered there, and not ${device}.`,
        )
      : problem(
          'port',
          `平台 ${at(facts)} 接受 TCP 连接，但不应答 SIP：该端口不是 SIP 端口，或平台忽略未登记的设备编码 ${device}，或途中的防火墙、代理代为接受连接。`,
          `The platform at ${at(facts)} takes TCP connections and answers no SIP: it is not a SIP port, or it ignores device code ${device}, which is not entered there, or a firewall or proxy on the way takes connections for it.`,
        );
  }
  const local = localHint(facts);
  if (other === 'closed') {
    return problem(
      'address',
      `主机 ${address} 在线，但端口 ${port}（UDP）没有任何应答：防火墙丢弃 SIP 报文，端口填写错误，或平台忽略未登记的设备编码 ${device}；TCP 连接则被拒绝${before.zh}。`,
      `The host ${address} is there, but nothing answers at port ${port} over UDP: a firewall drops SIP, the port is wrong, or the platform ignores device code ${device}, which is not entered there; TCP connections are refused${before.en}.`,
    );
  }
  return problem(
    'address',
    `平台地址 ${at(facts)} 没有任何应答（UDP 与 TCP 都试过）：地址或端口错误、网络不通，或防火墙阻断${local.zh}${before.zh}。`,
    `Nothing answers at the platform's address ${at(facts)}, over UDP and over TCP: the address or port is wrong, the network is down, or a firewall stands between${local.en}${before.en}.`,
  );
}

/** Settings that worked are rarely wrong all of a sudden. */
function stoodBefore({ losses = [] }: DoctorFacts): Words {
  return losses.length === 0
    ? { zh: '', en: '' }
    : { zh: '（此前注册成功过：多半是平台停机或网络中断）', en: ' (it had registered us before: most likely it is down, or the network is)' };
}

/** An address of another network card leads nowhere. */
function localHint({ own, routed, settings: { local } }: DoctorFacts): Words {
  if (own === undefined || routed === undefined || own === routed) return { zh: '', en: '' };
  const set = local.interface === undefined ? 'local.address' : 'local.interface';
  return {
    zh: `；本机按设置从 ${own} 发出，而到平台的路由应从 ${routed} 发出：请核对本地地址/网卡（${set}）`,
    en: `; by its settings this box speaks from ${own}, while its route to the platform leaves from ${routed}: check the local address or interface (${set})`,
  };
}

/** The server that a 302 named does not take us. `there`: it answers other requests. */
function redirected(facts: DoctorFacts, there: boolean): UplinkFinding {
  const { platform, codes } = facts.settings;
  const [home, led] = [`${platform.address}:${platform.port}`, at(facts)];
  return there
    ? problem(
        'redirect',
        `平台 ${home} 重定向注册（302），把本机转到服务器 ${led}，该服务器应答其他请求，却忽略注册：设备编码 ${codes.device} 可能未在该服务器登记，请平台方检查。`,
        `The platform at ${home} redirects us (302) to ${led}, which answers other requests and ignores our registration: device code ${codes.device} may not be entered at that server. Ask the platform's operator.`,
      )
    : problem(
        'redirect',
        `平台 ${home} 重定向注册（302），把本机转到服务器 ${led}，而该服务器没有应答：它已停机，或网络、防火墙不允许本机到达它，请平台方检查。`,
        `The platform at ${home} redirects us (302) to ${led}, and that server does not answer: it is down, or the network or a firewall keeps us from it. Ask the platform's operator.`,
      );
}

export const connectionRules: readonly Rule[] = [speaking, family, strangers];
export const silenceRules: readonly Rule[] = [signedIgnored, transport];

/** Why nobody answers, or answers no. In the order in which they would explain the rest. */
import { isIP } from 'node:net';
import { minutes } from '../../../../gateway/domain/time.ts';
import type { UplinkFinding } from '../../../../gateway/domain/uplink-ports.ts';
import { domainOf } from '../settings.ts';
import { forgetting, type Trouble, wordsOf } from '../trouble.ts';
import { realm } from './agreement-rules.ts';
import { refusalRules } from './answer-rules.ts';
import type { DoctorFacts } from './facts.ts';
import { at, down, problem, type Rule, warning } from './rule.ts';

/** A stranger that has not spoken for so long explains nothing of now. */
const latelyHeard = minutes(10);
/** The platform itself has not said why. */
const unheard: ReadonlySet<Trouble['kind']> = new Set(['silent', 'unreachable', 'closed', 'opening', 'lost']);
/** Twice may be a platform that is being worked at. */
const timesThrownOut = 3;

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
      `有 SIP 消息来自 ${stranger.address}，不是平台地址 ${address}，已被拒收：若属于该平台，请加入 platform.alsoFrom，或更正平台地址。`,
      `SIP messages come from ${stranger.address}, which is not the platform's address ${address}, and are not heard: if it belongs to the platform, add it to platform.alsoFrom, or correct the address.`,
    );
  };

/** Another server of the platform, as a rule. */
const strangers = strangerWith(true);
/** Anybody, as a rule. */
export const passersBy = strangerWith(false);

/** Nobody answers: what knocking tells. */
const transport: Rule = (facts) => {
  const { trouble, knocks, settings, asked } = facts;
  if (!down(facts) || !knocks || !unheard.has(trouble.kind)) return undefined;
  const [own, other] = settings.transport === 'tcp' ? [knocks.tcp, knocks.udp] : [knocks.udp, knocks.tcp];
  const otherName = settings.transport === 'tcp' ? 'UDP' : 'TCP';
  const ownName = settings.transport.toUpperCase();
  if (own !== 'answered' && (other === 'answered' || (other === 'open' && own !== 'open' && own !== 'foreign'))) {
    return problem(
      'transport',
      `平台 ${at(facts)} 在 ${otherName} 上应答，而设置的是 ${ownName}：请把传输方式改为 ${otherName}。`,
      `The platform at ${at(facts)} answers over ${otherName}, but the transport is set to ${ownName}: change the transport to ${otherName}.`,
    );
  }
  // A first registration that is still under way when a person asks has waited too long already.
  if (own === 'answered' && trouble.kind !== 'silent' && trouble.kind !== 'opening') return undefined;
  if (asked?.redirected) return redirected(facts, own === 'answered');
  if (own === 'answered') {
    return problem(
      'identity',
      `平台 ${at(facts)} 应答其他请求，却忽略我们的注册：平台编码 ${settings.platform.code}、域 ${domainOf(settings)} 有误，或设备编码 ${settings.codes.device} 未登记。`,
      `The platform at ${at(facts)} answers other requests and ignores our registration: platform code ${settings.platform.code} or domain ${domainOf(settings)} is wrong, or device code ${settings.codes.device} is not entered there.`,
    );
  }
  if (own !== 'foreign' && (own === 'closed' || other === 'closed')) {
    return problem(
      'port',
      `主机 ${settings.platform.address} 在线，但端口 ${settings.platform.port} 无人监听：端口或地址填写错误，或平台未启动。`,
      `The host ${settings.platform.address} is there, but nobody listens at port ${settings.platform.port}: the port or the address is wrong, or the platform is not running.`,
    );
  }
  if (own === 'open') {
    return trouble.kind === 'closed'
      ? { name: 'connection', verdict: 'problem', sentence: wordsOf(trouble, settings, facts.asked) }
      : problem(
          'port',
          `平台 ${at(facts)} 接受 TCP 连接，但不应答 SIP：该端口不是 SIP 端口，或平台忽略设备编码 ${settings.codes.device}。`,
          `The platform at ${at(facts)} takes TCP connections and answers no SIP: it is not a SIP port, or it ignores device code ${settings.codes.device}.`,
        );
  }
  if (own === 'foreign' || other === 'foreign') {
    return problem(
      'address',
      `平台地址 ${at(facts)} 没有应答 SIP，在那里应答的是别的程序：地址或端口错误，或途中有代理或防火墙。`,
      `The platform's address ${at(facts)} does not answer SIP; some other program answers there: the address or the port is wrong, or a proxy or firewall stands between.`,
    );
  }
  return problem(
    'address',
    `平台地址 ${at(facts)} 没有任何应答（UDP 与 TCP 都试过）：地址错误、网络不通，或防火墙阻断。`,
    `Nothing answers at the platform's address ${at(facts)}, over UDP and over TCP: the address is wrong, the network is down, or a firewall stands between.`,
  );
};

/** The server that a 302 named does not take us. `there`: it answers other requests. */
function redirected(facts: DoctorFacts, there: boolean): UplinkFinding {
  const { platform, codes } = facts.settings;
  const [home, led] = [`${platform.address}:${platform.port}`, at(facts)];
  return there
    ? problem(
        'redirect',
        `平台 ${home} 把本机转到（302）服务器 ${led}，该服务器应答其他请求，却忽略注册：设备编码 ${codes.device} 可能未在该服务器登记，请平台方检查。`,
        `The platform at ${home} leads us (302) to ${led}, which answers other requests and ignores our registration: device code ${codes.device} may not be entered at that server. Ask the platform's operator.`,
      )
    : problem(
        'redirect',
        `平台 ${home} 把本机转到（302）服务器 ${led}，而该服务器没有应答：它已停机，或网络、防火墙不允许本机到达它，请平台方检查。`,
        `The platform at ${home} leads us (302) to ${led}, and that server does not answer: it is down, or the network or a firewall keeps us from it. Ask the platform's operator.`,
      );
}

const password: Rule = (facts) => {
  const { trouble, settings, password: kept, seen } = facts;
  if (!down(facts)) return undefined;
  if (trouble.kind === 'no-password' || trouble.kind === 'unknown-challenge')
    return { name: 'password', verdict: 'problem', sentence: wordsOf(trouble, settings, facts.asked) };
  const signedRefusal = trouble.kind === 'refused' && trouble.status === 403 && seen.registers[0]?.signed === true;
  if (trouble.kind !== 'wrong-password' && !signedRefusal) return undefined;
  if (kept === 'blank-at-the-ends') {
    return problem(
      'password',
      '密码的首尾有空格：平台不接受，请重新填写。',
      'The password begins or ends with a blank, and the platform does not take it: enter it again.',
    );
  }
  if (settings.username !== undefined && settings.username !== settings.codes.device) {
    return problem(
      'password',
      `平台不接受用户名 ${settings.username} 与该密码：多数平台要求用户名为设备编码 ${settings.codes.device}，否则是密码错误。`,
      `The platform does not take user name ${settings.username} with this password: most want the device code ${settings.codes.device} as user name; else the password is wrong.`,
    );
  }
  return signedRefusal
    ? problem(
        'password',
        `平台 ${at(facts)} 在验证签名后拒绝注册（403）：密码错误，或设备编码 ${settings.codes.device} 在平台上另设了密码。`,
        `The platform at ${at(facts)} refuses the registration after it saw our signature (403): the password is wrong, or it has another password for device ${settings.codes.device}.`,
      )
    : { name: 'password', verdict: 'problem', sentence: wordsOf({ kind: 'wrong-password' }, settings) };
};

const refusal: Rule = (facts) => {
  const { trouble, settings, seen } = facts;
  if (!down(facts) || (trouble.kind !== 'refused' && trouble.kind !== 'redirected-in-circles' && trouble.kind !== 'forgotten')) return undefined;
  if (trouble.kind === 'refused' && trouble.status === 403 && seen.registers[0]?.signed !== true) {
    return problem(
      'identity',
      `平台 ${at(facts)} 一开始就拒绝注册（403）：设备编码 ${settings.codes.device} 未在平台登记，或平台不接受来自 ${facts.own ?? '本机'} 的设备。`,
      `The platform at ${at(facts)} refuses the registration at once (403): device code ${settings.codes.device} is not entered there, or it takes no devices from ${facts.own ?? 'our address'}.`,
    );
  }
  return { name: 'registration', verdict: 'problem', sentence: wordsOf(trouble, settings, facts.asked) };
};

/** It takes our registration, and then does not answer for it. */
const keepalives: Rule = ({ settings, seen }) => {
  const sent = seen.told.filter(({ what, status, age }) => what === 'Keepalive' && (status !== undefined || age > 5_000));
  const last = sent.at(-1);
  if (!last || last.status === 200 || !seen.registers.some(({ status }) => status === 200)) return undefined;
  const { status } = last;
  if (status === undefined) {
    return problem(
      'keepalive',
      `平台接受注册，但不应答心跳：平台停机、网络中断，或域 ${domainOf(settings)} 不符。`,
      `The platform takes our registration and leaves keepalives unanswered: it is down, the network is, or domain ${domainOf(settings)} does not suit it.`,
    );
  }
  // Once is a restart; again and again is not.
  if (sent.filter((each) => each.status === status).length < 2) return undefined;
  return problem(
    'keepalive',
    `平台接受注册，却一再以 ${status} 拒绝心跳：平台上该设备被停用，或多台服务器之间不共享注册。`,
    `The platform takes our registration and refuses keepalives with ${status}, again and again: the device is disabled there, or several servers do not share registrations.`,
  );
};

/** Taken, answered, and then unknown again, over and over: two devices throw each other out, nodes do not share, or it forgets. From here they look alike. */
const thrownOut: Rule = ({ settings: { codes }, seen }) => {
  const sent = seen.told.filter(({ what, status }) => what === 'Keepalive' && status !== undefined);
  const times = sent.filter(({ status }, index) => forgetting.has(status ?? 0) && sent[index - 1]?.status === 200);
  const last = times.at(-1);
  if (!last || times.length < timesThrownOut || last.age > minutes(10)) return undefined;
  return problem(
    'forgotten',
    `平台接受注册后又一再不认识本设备（心跳应答 ${last.status}，共 ${times.length} 次）：另一台设备也在使用编码 ${codes.device}，或平台的多台服务器之间不共享注册，或平台过早忘记注册。请逐一核对。`,
    `The platform takes us and then no longer knows us, again and again (${last.status} to a keepalive, ${times.length} times): another device uses code ${codes.device} too, or several servers there do not share registrations, or it forgets them early. Please check each of them.`,
  );
};

/** Anything else that keeps us out. */
export const lastRule: Rule = (facts) =>
  down(facts) ? { name: 'registration', verdict: 'problem', sentence: wordsOf(facts.trouble, facts.settings, facts.asked) } : undefined;

export const connectionRules: readonly Rule[] = [
  ...[speaking, family, strangers, ...refusalRules, thrownOut, keepalives, transport, realm, password, refusal],
];

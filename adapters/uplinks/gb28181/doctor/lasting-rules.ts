/** Why a registration that was granted does not last. */
import { minutes, seconds } from '../../../../gateway/domain/time.ts';
import { charsetOf, domainOf } from '../settings.ts';
import { forgetting, type Trouble } from '../trouble.ts';
import type { DoctorFacts } from './facts.ts';
import { at, down, problem, type Rule, timesAgainAndAgain, warning } from './rule.ts';

/** The usual pace of keepalives (facts §3.3): whoever speaks more rarely must not wonder. */
const usualPace = seconds(60);
/** Holes in a NAT close after 30 to 120 s (facts §3.5). */
const holesOpen = seconds(30);
/** What happened longer ago explains nothing of now. */
const lately = minutes(30);

const keepalivesIn = ({ seen }: DoctorFacts) =>
  seen.told.filter(({ what, status, age }) => what === 'Keepalive' && (status !== undefined || age > 5_000));

/** The pauses before keepalives that were not taken though the one before was. */
const pausesBefore = (facts: DoctorFacts, failed: (status: number | undefined) => boolean) =>
  keepalivesIn(facts).flatMap(({ status, age }, index, all) => {
    const before = all[index - 1];
    return before?.status === 200 && failed(status) ? [before.age - age] : [];
  });

const lossesBy = ({ losses = [] }: DoctorFacts, kind: Trouble['kind']) => losses.filter(({ trouble, age }) => trouble.kind === kind && age < lately);

/** It forgets us in every pause, and knows us again in between. */
const pace: Rule = (facts) => {
  const { every } = facts.settings.keepalive;
  const pauses = pausesBefore(facts, (status) => status === undefined || forgetting.has(status));
  if (pauses.length === 0 || pauses.some((pause) => pause <= usualPace)) return undefined;
  if (pauses.length < 2) {
    if (every * 1_000 <= usualPace) return undefined;
    return warning(
      'keepalive interval',
      `每隔 ${every} 秒才发一次心跳，平台在此期间忘记了本设备：心跳间隔对该平台可能太长，请改为 60 秒或更短；若只此一次，也可能是平台重启过。`,
      `Keepalives go only every ${every} s, and the platform forgot us meanwhile: the interval may be too long for it. Set it to 60 s or less; if it happened only once, the platform may have restarted.`,
    );
  }
  return problem(
    'keepalive interval',
    `每隔 ${every} 秒发一次心跳，平台每次都已不认识本设备（共 ${pauses.length} 次）：心跳间隔对该平台很可能太长，请改为 60 秒或更短；若仍如此，另一台设备可能在用同一编码。`,
    `Keepalives go every ${every} s, and each time the platform has forgotten us (${pauses.length} times): most likely the interval is too long for it. Set it to 60 s or less; if that does not help, another device may be using our code.`,
  );
};

/** Taken, answered, and then unknown again, over and over: two devices throw each other out, nodes do not share, or it forgets. From here they look alike. */
const thrownOut: Rule = (facts) => {
  const { settings, seen } = facts;
  const { device } = settings.codes;
  const sent = keepalivesIn(facts);
  const times = sent.filter(({ status }, index) => forgetting.has(status ?? 0) && sent[index - 1]?.status === 200);
  const last = times.at(-1);
  if (!last || times.length < 2 || last.age > minutes(10)) return undefined;
  const [other] = seen.otherContacts;
  const rare = settings.keepalive.every > 20;
  return (times.length < timesAgainAndAgain ? warning : problem)(
    'forgotten',
    `平台接受注册后又一再不认识本设备（心跳应答 ${last.status}，共 ${times.length} 次）：另一台设备也在使用编码 ${device}${other === undefined ? '' : `（平台上还登记着 ${other}）`}，或平台的多台服务器之间不共享注册，或平台过早忘记注册${rare ? `，或心跳间隔 ${settings.keepalive.every} 秒对它太长` : ''}。请逐一核对。`,
    `The platform takes us and then no longer knows us, again and again (${last.status} to a keepalive, ${times.length} times): another device uses code ${device} too${other === undefined ? '' : ` (it has ${other} registered as well)`}, or several servers there do not share registrations, or it forgets them early${rare ? `, or keepalives every ${settings.keepalive.every} s are too rare for it` : ''}. Please check each of them.`,
  );
};

/** It takes our registration, and then does not answer for it. */
const keepalives: Rule = (facts) => {
  const { settings, seen } = facts;
  const sent = keepalivesIn(facts);
  const last = sent.at(-1);
  const [registered] = seen.registers;
  if (!last || last.status === 200 || !seen.registers.some(({ status }) => status === 200)) return undefined;
  // It does not answer registrations either by now: that is another matter.
  if (down(facts) && registered !== undefined && registered.status !== 200 && registered.status !== 401) return undefined;
  const { status } = last;
  const ours = charsetOf(settings);
  const theirs = seen.charset?.toUpperCase();
  if (status === undefined) {
    return problem(
      'keepalive',
      `平台接受注册，但不应答心跳（Keepalive）：平台的消息服务停止，途中的防火墙丢弃 MESSAGE，域 ${domainOf(settings)} 不符，或平台停机、网络中断。`,
      `The platform takes our registration and leaves keepalives (heartbeats) unanswered: the part of it that takes messages is down, a firewall on the way drops MESSAGE, domain ${domainOf(settings)} does not suit it, or it has gone, or the network has.`,
    );
  }
  // Once is a restart; again and again is not.
  if (sent.filter((each) => each.status === status).length < 2) return undefined;
  if (status >= 500) {
    return problem(
      'keepalive',
      `平台接受注册，却一再以 ${status} 应答心跳：平台处理消息的部分过载、停机或有故障，请联系平台方。`,
      `The platform takes our registration and answers keepalives (heartbeats) with ${status}, again and again: the part of it that takes messages is overloaded, down or in trouble. Ask its operator.`,
    );
  }
  if (status === 401 || status === 407) {
    return problem(
      'keepalive',
      `平台接受注册，却对心跳一再要求认证（${status}）：它每次都不认识本设备（多台服务器之间不共享注册），或要求每条消息都带签名，而本机只签注册，请与平台方核对。`,
      `The platform takes our registration and asks for a signature of keepalives (${status}), again and again: each time it does not know us (several servers do not share registrations), or it wants every message signed, and this box signs registrations only. Please check with its operator.`,
    );
  }
  return forgetting.has(status)
    ? problem(
        'keepalive',
        `平台接受注册，却一再以 ${status} 拒绝心跳：平台上设备 ${settings.codes.device} 被停用或未登记，平台编码或域 ${domainOf(settings)} 不符，或多台服务器之间不共享注册。`,
        `The platform takes our registration and refuses keepalives with ${status}, again and again: device ${settings.codes.device} is disabled or not entered there, platform code or domain ${domainOf(settings)} does not suit it, or several servers do not share registrations.`,
      )
    : problem(
        'keepalive',
        `平台接受注册，却一再以 ${status} 拒绝心跳消息：它不接受心跳的格式（${theirs === undefined ? '' : `平台使用字符集 ${theirs}，`}本机字符集 ${ours}，标准版本 ${settings.version}），或其处理消息的部分有故障，请与平台方核对。`,
        `The platform takes our registration and refuses keepalive messages with ${status}, again and again: their form (${theirs === undefined ? '' : `it writes charset ${theirs}, `}ours is charset ${ours}, version ${settings.version} of the standard) does not suit it, or the part of it that takes messages is in trouble. Please check with its operator.`,
      );
};

/** Another port after each pause: the hole in the NAT had closed. */
const natAgeing: Rule = (facts) => {
  const { settings, seen } = facts;
  const { every } = settings.keepalive;
  const rare = every * 1_000 > holesOpen;
  // Of our own address there is no port in it.
  const moves = lossesBy(facts, 'moved').filter(({ trouble }) => trouble.kind === 'moved' && /[.\]].*:\d+$/.test(trouble.to)).length;
  if (settings.transport !== 'udp' || moves < (rare ? 1 : 2)) return undefined;
  const [was, is] = seen.usOverUdp.slice(-2);
  return (moves > 1 ? problem : warning)(
    'nat',
    `平台看到的本机地址一再变化（${was ?? '?'} → ${is ?? '?'}）：途中的地址转换（NAT）过早关闭映射，${rare ? `心跳间隔 ${every} 秒太长，请改为 30 秒或更短` : '请在路由器上设置固定映射并填写对外地址（advertised）'}，或改用 TCP。`,
    `The platform sees us at ever another address (${was ?? '?'} → ${is ?? '?'}): a NAT on the way forgets us early. ${rare ? `Keepalives every ${every} s are too rare: set 30 s or less` : 'Have it map a fixed port and set the advertised address'}, or change the transport to TCP.`,
  );
};

/** TCP connections that end again and again. */
const cutOff: Rule = (facts) => {
  const closed = lossesBy(facts, 'closed');
  const rare = facts.settings.keepalive.every * 1_000 > usualPace;
  if (closed.length < (rare ? 1 : 2)) return undefined;
  const typical = Math.round((closed.at(-1)?.lasted ?? 0) / 1_000);
  return (closed.length < timesAgainAndAgain ? warning : problem)(
    'connection',
    `平台或途中的防火墙断开 TCP 连接（半小时内 ${closed.length} 次，上次在注册后 ${typical} 秒）：防火墙关闭空闲连接（请缩短心跳间隔），平台不稳定，或另一台设备在用编码 ${facts.settings.codes.device} 而被互相顶替。`,
    `The platform or a firewall on the way ends the TCP connection (${closed.length} times within half an hour, last ${typical} s after the registration): a firewall closes idle connections (shorten the keepalive interval), the platform is unstable, or another device uses code ${facts.settings.codes.device} and each replaces the other.`,
  );
};

/** Later than this an answer to a keepalive counts for none (facts §3.3). */
const inTime = seconds(5);

/** It answers, and too late. */
const slow: Rule = (facts) => {
  const late = keepalivesIn(facts).filter(({ took = 0 }) => took > inTime);
  const last = late.at(-1);
  if (!last || late.length < 2 || last.age > minutes(10)) return undefined;
  const took = Math.round((last.took ?? 0) / 1_000);
  return problem(
    'slow',
    `平台应答心跳太慢（${took} 秒后才应答，超过 5 秒按无应答处理，共 ${late.length} 次），注册因此时断时续：平台过载，或网络延迟太大，请联系平台方。`,
    `The platform answers keepalives (heartbeats) too late (after ${took} s, where 5 s count as no answer; ${late.length} times), and the registration comes and goes with it: it is overloaded, or the network is slow. Ask its operator.`,
  );
};

/** Up and down, for want of answers. */
const unsteady: Rule = (facts) => {
  const lost = [...lossesBy(facts, 'lost'), ...lossesBy(facts, 'silent'), ...lossesBy(facts, 'mute')];
  if (down(facts) || lost.length < timesAgainAndAgain) return undefined;
  return problem(
    'network',
    `与平台 ${at(facts)} 的连接时断时续（半小时内 ${lost.length} 次心跳或注册无应答）：网络不稳定（丢包），或平台过载。`,
    `The link to the platform at ${at(facts)} comes and goes (${lost.length} times within half an hour keepalives or registrations got no answer): the network loses packets, or the platform is overloaded.`,
  );
};

/** Requests that had to be said again. */
const fewest = 8;
const lossy: Rule = ({ settings, seen }) => {
  const sent = seen.told.filter(({ age }) => age > 5_000);
  const again = sent.filter(({ times = 1 }) => times > 1);
  if (settings.transport !== 'udp' || sent.length < fewest || again.length * 4 < sent.length) return undefined;
  // Those that were never answered have rules of their own.
  const answered = again.filter(({ status }) => status !== undefined);
  if (answered.length * 2 < again.length) return undefined;
  return warning(
    'network',
    `${sent.length} 条消息中有 ${again.length} 条要重发才得到应答：到平台的网络丢包，或平台应答太慢；可改用 TCP。`,
    `Of ${sent.length} messages ${again.length} had to be sent again before they were answered: the network to the platform loses packets, or the platform is slow. TCP would bear it better.`,
  );
};

export const lastingRules: readonly Rule[] = [pace, natAgeing, cutOff, thrownOut, slow, keepalives, unsteady];
export const weatherRules: readonly Rule[] = [lossy];

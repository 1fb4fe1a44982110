/** What the platform itself said, and what it meant by it. */
import { seconds } from '../../../../gateway/domain/time.ts';
import { forgetting } from '../trouble.ts';
import { down, problem, type Rule } from './rule.ts';

/** Words of platforms that have shut somebody out, in the phrase of a refusal. */
const shutOut = /lock|fro?zen|freez|suspend|disabled|barred|blacklist|锁|冻结|停用|禁用|封/i;
/** GB 35114: certificates instead of a password. */
const byCertificate = /^(uni|bi)direction$/i;
/** The usual pace of keepalives (facts §3.3): whoever speaks more rarely must not wonder. */
const usualPace = seconds(60);
/** Twice may be a platform that is being worked at. */
const timesThrownOut = 3;

/** It is no matter of codes or passwords, and trying goes on for nothing. */
const locked: Rule = (facts) => {
  const { trouble, settings } = facts;
  if (!down(facts) || trouble.kind !== 'refused' || !shutOut.test(trouble.reason)) return undefined;
  const said = `${trouble.status} ${trouble.reason}`;
  return problem(
    'locked',
    `平台已锁定或停用设备 ${settings.codes.device}（${said}）：请平台方解锁或启用，再核对密码。`,
    `The platform has locked or disabled device ${settings.codes.device} (${said}): ask its people to unlock it, then make sure of the password.`,
  );
};

const certificates: Rule = (facts) => {
  const scheme = facts.seen.schemes.find((each) => byCertificate.test(each));
  if (!down(facts) || facts.trouble.kind !== 'unknown-challenge' || scheme === undefined) return undefined;
  return problem(
    'certificate',
    `平台要求 GB 35114 证书认证（${scheme}），本机只能用密码认证（Digest）：请平台方为本设备改用密码认证。`,
    `The platform asks for a certificate as in GB 35114 (${scheme}), and this box signs with a password (Digest): ask its people to let this device in by password.`,
  );
};

const version: Rule = (facts) => {
  const { trouble, settings, seen } = facts;
  if (!down(facts) || trouble.kind !== 'refused' || settings.version !== '2022' || seen.version === undefined || !/^[12]\./.test(seen.version))
    return undefined;
  return problem(
    'version',
    `平台拒绝注册（${trouble.status}），自称标准版本 ${seen.version}，而本机按 2022 版（3.0）通信：请把版本改为 2016。`,
    `The platform refuses the registration (${trouble.status}) and says that it speaks version ${seen.version} of the standard, while 2022 (3.0) is set here: set the version to 2016.`,
  );
};

/** It forgets us in every pause, and knows us again in between. */
const pace: Rule = ({ settings: { keepalive }, seen }) => {
  const sent = seen.told.filter(({ what, status }) => what === 'Keepalive' && status !== undefined);
  const pauses = sent.flatMap(({ status, age }, index) => {
    const before = sent[index - 1];
    return before?.status === 200 && forgetting.has(status ?? 0) ? [before.age - age] : [];
  });
  if (pauses.length < timesThrownOut || pauses.some((pause) => pause <= usualPace)) return undefined;
  return problem(
    'keepalive interval',
    `每隔 ${keepalive.every} 秒发一次心跳，平台每次都已不认识本设备（共 ${pauses.length} 次）：心跳间隔对该平台很可能太长，请改为 60 秒或更短；若仍如此，另一台设备可能在用同一编码。`,
    `Keepalives go every ${keepalive.every} s, and each time the platform has forgotten us (${pauses.length} times): most likely the interval is too long for it. Set it to 60 s or less; if that does not help, another device may be using our code.`,
  );
};

const tooLong: Rule = ({ settings, seen }) => {
  const refused = seen.told.findLast(({ status }) => status === 413 || status === 513);
  if (!refused) return undefined;
  const tcp = settings.transport === 'tcp';
  return problem(
    'size',
    `平台拒收较长的消息（${refused.bytes} 字节的 ${refused.what}，${refused.status}）：对它太大，请${tcp ? '平台方放宽上限' : '改用 TCP'}。`,
    `The platform refuses long messages (${refused.what} with ${refused.bytes} bytes, ${refused.status}): they are too large for it. ${tcp ? 'Ask its people for a higher limit.' : 'Change the transport to TCP.'}`,
  );
};

const alarms: Rule = ({ seen }) => {
  const last = seen.told.findLast(({ what, status }) => what === 'Alarm' && status !== undefined);
  if (last?.status === undefined || last.status < 400 || forgetting.has(last.status) || last.status === 413 || last.status === 513) return undefined;
  if (!seen.told.some(({ what, status }) => what !== 'Alarm' && status === 200)) return undefined;
  return problem(
    'alarms',
    `平台拒收报警（${last.status}），其他消息都接受：请平台方为本设备开通报警接收。`,
    `The platform refuses alarms (${last.status}) and takes other messages: ask its people to have it take alarms of this device.`,
  );
};

/** Of registrations, before what a status alone may mean. */
export const refusalRules: readonly Rule[] = [pace, locked, certificates, version];
/** Of messages, while the link stands. */
export const messageRules: readonly Rule[] = [tooLong, alarms];

/** What the two sides do not agree on, though they speak with each other. */
import type { Words } from '../../../../gateway/domain/words.ts';
import { doubtfulGroups, parseGbCode } from '../../../protocols/gb-code/code.ts';
import { charsetOf, domainOf } from '../settings.ts';
import { exchangedWords, looksExchanged } from './code-doubts.ts';
import type { DoctorFacts } from './facts.ts';
import { down, problem, type Rule, warning } from './rule.ts';

/** Its realm, and the one that was expected; undefined: they are the same, or it has none. */
export function otherRealm({
  settings,
  seen,
  asked,
}: DoctorFacts): { readonly wanted: string; readonly said: boolean; readonly words: Words } | undefined {
  const wanted = settings.realm ?? domainOf(settings, asked?.code);
  if (seen.realm === undefined || seen.realm === wanted || (settings.realm === undefined && seen.realm === domainOf(settings))) return undefined;
  const { code } = settings.platform;
  return {
    wanted,
    said: settings.realm !== undefined || settings.platform.domain !== undefined,
    words: {
      zh: `平台的认证域是 ${seen.realm}（realm），而设置的${settings.realm === undefined ? '域' : '认证域'}是 ${wanted}：平台编码 ${code} 或域可能有误，或这是另一个平台。`,
      en: `The platform's realm is ${seen.realm}, but ${wanted} is set as ${settings.realm === undefined ? 'its domain' : 'its realm'}: platform code ${code} or domain may be wrong, or this is another platform.`,
    },
  };
}

/** Before any doubt about the password: there it is another one. */
export const realm: Rule = (facts) => {
  const { seen, trouble } = facts;
  const other = otherRealm(facts);
  if (!down(facts) || !other) return undefined;
  const refused = trouble.kind === 'wrong-password' || (trouble.kind === 'refused' && [400, 403, 404].includes(trouble.status));
  // A platform that has taken us with this realm does not mind it.
  const explains = refused && !seen.registers.some(({ status }) => status === 200) && (other.said || /^\d{10}$/.test(seen.realm ?? ''));
  return (explains ? problem : warning)('realm', other.words.zh, other.words.en);
};

/** It has taken us: then only a realm or a domain that a person has entered is of interest. */
const realmWhileUp =
  (promised: boolean): Rule =>
  (facts) => {
    const other = otherRealm(facts);
    if (down(facts) || !other || other.said !== promised) return undefined;
    return warning('realm', other.words.zh, other.words.en);
  };

/** What its charset says of ours; what it refuses for it is told before. */
const charset: Rule = ({ settings, seen }) => {
  const ours = charsetOf(settings);
  const theirs = seen.charset?.toUpperCase();
  if (theirs === undefined || theirs === ours || (theirs.startsWith('GB') && ours.startsWith('GB'))) return undefined;
  return warning(
    'charset',
    `平台使用字符集 ${theirs}，本机发送 ${ours}：若平台上名称为乱码，请把字符集改为 ${theirs}。`,
    `The platform writes ${theirs}, and we send ${ours}: if names look wrong (garbled) there, set the charset to ${theirs}.`,
  );
};

/** Farther from each other no zones are, h. */
const mostZones = 14;

const clock: Rule = ({ status, seen }) => {
  const clockOffset = status.clockOffset ?? seen.ahead;
  if (clockOffset === undefined || Math.abs(clockOffset) <= 5_000) return undefined;
  const off = Math.round(clockOffset / 1_000);
  const hours = Math.round(clockOffset / 3_600_000);
  const ahead = off > 0 ? { zh: '快', en: 'ahead of' } : { zh: '慢', en: 'behind' };
  if (hours !== 0 && Math.abs(hours) <= mostZones && Math.abs(clockOffset - hours * 3_600_000) < 120_000) {
    return problem(
      'clock',
      `平台时钟比本机${ahead.zh} ${Math.abs(hours)} 小时整：其中一方的时区（时间）设置错误，报警时间因此不对，请检查两边的时区与校时（NTP）。`,
      `The platform's clock is ${Math.abs(hours)} whole hours ${ahead.en} ours: the time zone of one of them is wrong, and times of alarms with it. Check time zones and NTP on both sides.`,
    );
  }
  const tell = Math.abs(clockOffset) > 60_000 ? problem : warning;
  const length = lengthOf(Math.abs(off));
  return tell(
    'clock',
    `平台时钟比本机${ahead.zh} ${length.zh}，报警时间会因此不对：请检查两边的时间与自动校时（NTP）。`,
    `The platform's clock is ${length.en} ${ahead.en} ours, and times of alarms are off by as much: check on both sides that the clock is set by NTP.`,
  );
};

/** Of whole seconds; nobody counts 18475 of them. */
function lengthOf(all: number): Words {
  if (all < 120) return { zh: `${all} 秒`, en: `${all} s` };
  const minutes = Math.round(all / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return { zh: `${Math.round(hours / 24)} 天`, en: `${Math.round(hours / 24)} days` };
  return { zh: `${hours} 小时 ${minutes % 60} 分钟`, en: `${hours} h ${minutes % 60} min` };
}

const catalogue: Rule = ({ settings: { codes, share }, channels, unknownShares = [] }) => {
  const coded = Object.keys(codes.channels);
  const shared = coded.filter((id) => share === 'all' || share.includes(id));
  const [unknown] = unknownShares;
  if (coded.length > 0 && shared.length === 0) {
    return warning(
      'catalogue',
      `没有共享任何有编码的通道（share）${unknown === undefined ? '' : `，其中 ${unknown} 在本机不存在`}：平台上的目录是空的，请更正 share。`,
      `No channel that has a code is shared (share)${unknown === undefined ? '' : `; this box has no ${unknown}`}: the catalogue at the platform is empty. Correct share.`,
    );
  }
  if (shared.length === 0) {
    return warning(
      'catalogue',
      '没有任何共享通道有编码：平台上的目录是空的，请导入公安下发的编码。',
      'No shared channel has a code: the catalogue at the platform is empty. Import the codes that the bureau issued.',
    );
  }
  if (channels === undefined || shared.some((id) => channels.includes(id))) return undefined;
  return warning(
    'catalogue',
    `编码表中的通道（${shared[0]} 等 ${shared.length} 个）在本机都不存在：平台上的目录是空的，请核对编码表中的通道名称。`,
    `This box has none of the channels that have a code (${shared[0]}, ${shared.length} in all): the catalogue at the platform is empty. Compare the names of channels in the table of codes.`,
  );
};

/** Then an alarm says which school it is of, and not which room. */
const bareZones: Rule = ({ settings: { codes }, zones = [] }) => {
  if (zones.length === 0 || zones.some((zone) => codes.zones[zone] !== undefined)) return undefined;
  return warning(
    'alarm codes',
    `没有任何报警防区有编码（共 ${zones.length} 个防区）：报警以摄像机或本机的编码上报，平台可能不认，请导入公安下发的报警通道编码。`,
    `No alarm zone has a code (${zones.length} zones): alarms go out under the code of a camera or of this box, which the platform may not take. Import the codes of alarm channels that the bureau issued.`,
  );
};

/** Some are missing there, though not all. */
const partlyCoded: Rule = ({ settings: { codes, share }, channels = [] }) => {
  const bare = channels.filter((id) => (share === 'all' || share.includes(id)) && codes.channels[id] === undefined);
  if (bare.length === 0 || bare.length === channels.length) return undefined;
  return warning(
    'catalogue',
    `有 ${bare.length} 个共享通道没有编码（${bare.slice(0, 3).join('、')}），平台上看不到它们：请导入公安下发的编码。`,
    `${bare.length} shared channels have no code (${bare.slice(0, 3).join(', ')}), and the platform does not show them: import the codes that the bureau issued.`,
  );
};

/** A platform puts a channel below the region of its code: of another city it is not found. */
const farChannel: Rule = ({ settings: { codes } }) => {
  const home = codes.device.slice(0, 4);
  const far = Object.entries(codes.channels).find(([, code]) => code.slice(0, 4) !== home);
  if (!far) return undefined;
  return warning(
    'codes',
    `通道 ${far[0]} 的编码 ${far[1]} 的行政区划（${far[1].slice(0, 4)}）与本机的 ${home} 不同：平台可能不显示它或放错目录，请核对编码。`,
    `The code of channel ${far[0]}, ${far[1]}, is of region ${far[1].slice(0, 4)}, and ours of ${home}: the platform may not show it, or in the wrong place. Compare it with the bureau's list.`,
  );
};

const shortGrant: Rule = ({ seen: { granted } }) => {
  if (granted === undefined || granted >= 60) return undefined;
  return warning(
    'expires',
    `平台只批准 ${granted} 秒的注册有效期：本机会按时刷新，但请平台方放宽（通常 3600 秒以上）。`,
    `The platform grants registrations of ${granted} s only: they are refreshed in time, but ask its operator for more (3600 s and more are usual).`,
  );
};

const ownCode: Rule = ({ settings }: DoctorFacts) => {
  const { codes, platform } = settings;
  const own = parseGbCode(codes.device);
  const doubtful = [...doubtfulGroups(own), ...doubtfulGroups(parseGbCode(platform.code))][0];
  if (doubtful) {
    return warning(
      'codes',
      `编码中的${doubtful.name.zh} ${doubtful.digits} 没有含义：请核对设备编码 ${codes.device} 与平台编码 ${platform.code}。`,
      `The ${doubtful.name.en} ${doubtful.digits} of a code means nothing: compare device code ${codes.device} and platform code ${platform.code} with the bureau's letter.`,
    );
  }
  if (looksExchanged(settings)) {
    const { zh, en } = exchangedWords(settings);
    return warning('codes', zh, en);
  }
  return undefined;
};

const told: Rule = ({ seen }) => {
  const last = seen.told.findLast(({ status }) => status !== undefined && status >= 400);
  if (!last) return undefined;
  return warning('messages', `平台对 ${last.what} 消息应答 ${last.status}。`, `The platform answered ${last.status} to a ${last.what} message.`);
};

/** What differs, and may explain nothing of what is wrong. */
export const deviationRules: readonly Rule[] = [clock, realmWhileUp(true), catalogue, charset, farChannel];
/** Worth a look: nothing fails for it. */
export const tidinessRules: readonly Rule[] = [bareZones, shortGrant, partlyCoded, ownCode, realmWhileUp(false), told];

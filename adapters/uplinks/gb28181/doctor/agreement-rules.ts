/** What the two sides do not agree on, though they speak with each other. */
import { minutes, seconds } from '../../../../gateway/domain/time.ts';
import type { Words } from '../../../../gateway/domain/words.ts';
import { doubtfulGroups, parseGbCode } from '../../../protocols/gb-code/code.ts';
import { listCodes } from '../codes/code-map.ts';
import { foreignMedia, maySendTo } from '../destinations.ts';
import { charsetOf, domainOf } from '../settings.ts';
import { down, problem, type Rule, warning } from './rule.ts';

/** The platform calls itself, us or its realm otherwise than we do. */
const names: Rule = ({ settings, seen, asked }) => {
  const servers = new Set([settings.platform.code, ...seen.servers]);
  // A server that a 302 names without its code has one of its own.
  const led = asked?.redirected ? asked.peer.address : undefined;
  const caller = seen.callers.find(({ user, address }) => /^\d{20}$/.test(user) && !servers.has(user) && address !== led);
  if (caller) {
    return problem(
      'platform code',
      `平台自称 ${caller.user}，而设置的平台编码是 ${settings.platform.code}：请更正。`,
      `The platform calls itself ${caller.user}, but platform code ${settings.platform.code} is set: correct it.`,
    );
  }
  const ours = new Set(listCodes(settings.codes).map(({ code }) => code));
  const called = seen.called.find((user) => /^\d{20}$/.test(user) && !ours.has(user));
  if (called === undefined) return undefined;
  return warning(
    'codes',
    `平台呼叫编码 ${called}，本机没有这个编码：平台上的目录已过时，或编码填写有误。`,
    `The platform asks for code ${called}, which is not ours: its catalogue is old, or a code is wrong here.`,
  );
};

/** Before any doubt about the password: there it is another one. */
export const realm: Rule = (facts) => {
  const { settings, seen, asked, trouble } = facts;
  const wanted = settings.realm ?? domainOf(settings, asked?.code);
  if (seen.realm === undefined || seen.realm === wanted || (settings.realm === undefined && seen.realm === domainOf(settings))) return undefined;
  const zh = `平台的认证域是 ${seen.realm}，而设置的${settings.realm === undefined ? '域' : '认证域'}是 ${wanted}：平台编码或域可能有误。`;
  const en = `The platform's realm is ${seen.realm}, but ${wanted} is set as ${settings.realm === undefined ? 'its domain' : 'its realm'}: platform code or domain may be wrong.`;
  const said = settings.realm !== undefined || settings.platform.domain !== undefined;
  const refused = trouble.kind === 'wrong-password' || (trouble.kind === 'refused' && (trouble.status === 403 || trouble.status === 404));
  // A platform that has taken us with this realm does not mind it.
  const explains = refused && !seen.registers.some(({ status }) => status === 200) && (said || /^\d{10}$/.test(seen.realm));
  return (down(facts) ? explains : said) ? problem('realm', zh, en) : warning('realm', zh, en);
};

const advertised: Rule = ({ settings, seen, own }) => {
  // Whoever is heard has found the way, whatever was advertised.
  if (seen.us === undefined || seen.callers.length > 0) return undefined;
  const told = settings.advertised ? `${settings.advertised.address}:${settings.advertised.port}` : undefined;
  if (told !== undefined && told !== seen.us) {
    return problem(
      'advertised',
      `平台从 ${seen.us} 看到本机，而对外地址设置为 ${told}：平台无法呼叫本机，请更正对外地址。`,
      `The platform sees us at ${seen.us}, but ${told} is set as our advertised address: it cannot call us. Correct the advertised address.`,
    );
  }
  if (told !== undefined || own === undefined || seen.us.startsWith(`${own}:`)) return undefined;
  return warning(
    'advertised',
    `平台从 ${seen.us} 看到本机，而本机地址是 ${own}，也没有收到过平台的请求：中间有地址转换（NAT），请填写对外地址并保持心跳不超过 30 秒。`,
    `The platform sees us at ${seen.us}, while our address is ${own}, and none of its requests has come: a NAT stands between. Set the advertised address, and keepalives of 30 s or less.`,
  );
};

const media: Rule = ({ seen, own }) => {
  const last = seen.refusedByUs.findLast(({ reason }) => reason === foreignMedia);
  if (!last) return undefined;
  if (!maySendTo(last.media, { remote: last.from, ...(own === undefined ? {} : { local: own }) })) {
    return problem(
      'media',
      `平台要求把画面发往 ${last.media}，这不是平台自己的地址，本机已拒绝：平台的媒体地址（收流 IP）设置有误，请平台方更正。`,
      `The platform wants pictures sent to ${last.media}, which is not an address of its own, and was refused: the media address is set wrongly at the platform. Ask its operator to correct it.`,
    );
  }
  return problem(
    'media',
    `平台要求把画面发往 ${last.media}，该地址不在允许的媒体地址（media.to）之内，本机已拒绝：若属于该平台，请加入 media.to。`,
    `The platform wants pictures sent to ${last.media}, which is not in the list of allowed media addresses (media.to), and was refused: if it belongs to the platform, add it to media.to.`,
  );
};

const mediaConnection: Rule = ({ mediaBlocked }) => {
  if (!mediaBlocked) return undefined;
  const { remote, transport } = mediaBlocked;
  return transport === 'tcp-passive'
    ? problem(
        'media',
        `点播已接受，但平台没有连到本机的媒体端口，没有画面：请检查防火墙是否放行平台到本机的媒体连接（TCP）。`,
        `A view was accepted, and the platform never connected to our media port: no picture. Have firewalls let its media connections (TCP) through to this box.`,
      )
    : problem(
        'media',
        `点播已接受，但无法连接平台的媒体端口 ${remote}（TCP），没有画面：请检查防火墙是否放行媒体端口。`,
        `A view was accepted, and the platform's media port ${remote} takes no TCP connection: no picture. Have firewalls let the media ports through.`,
      );
};

const charset: Rule = ({ settings, seen }) => {
  const refused = seen.told.find(({ status, chinese }) => chinese && (status === 400 || status === 415));
  const taken = (wanted: boolean) => seen.told.some(({ status = 0, chinese }) => chinese === wanted && status >= 200 && status < 300);
  const ours = charsetOf(settings);
  if (refused && taken(false) && !taken(true)) {
    return problem(
      'charset',
      `平台拒绝含中文的消息（${refused.what}，${refused.status}），不含中文的都接受：字符集 ${ours} 不适合该平台，请换一种。`,
      `The platform refuses messages with Chinese text (${refused.what}, ${refused.status}) and takes the others: charset ${ours} does not suit it. Choose another.`,
    );
  }
  const theirs = seen.charset?.toUpperCase();
  if (theirs === undefined || theirs === ours || (theirs.startsWith('GB') && ours.startsWith('GB'))) return undefined;
  return warning(
    'charset',
    `平台使用字符集 ${theirs}，本机发送 ${ours}：若平台上名称为乱码，请把字符集改为 ${theirs}。`,
    `The platform writes ${theirs}, and we send ${ours}: if names look wrong there, set the charset to ${theirs}.`,
  );
};

/** Bytes that every network carries: a datagram is not lost for being that long. */
const alwaysCarried = 800;

const unanswered: Rule = ({ settings, seen }) => {
  const answered = seen.told.filter(({ status }) => status !== undefined);
  const lost = seen.told.filter(({ status, age }) => status === undefined && age > seconds(5));
  const answeredKinds = new Set(answered.map(({ what }) => what));
  const answeredAfter = (age: number) => answered.some((each) => each.age < age);
  const passes = Math.max(0, ...answered.map(({ bytes }) => bytes));
  const longer = lost.filter(({ bytes }) => bytes > passes && bytes >= alwaysCarried);
  const [long] = longer;
  // An outage takes short ones as well, and nothing comes through after it began.
  const bySize = settings.transport === 'udp' && long !== undefined && longer.length * 2 >= lost.length && answeredAfter(long.age);
  // One kind alone may be one that the platform does not care for.
  if (bySize && (new Set(longer.map(({ what }) => what)).size > 1 || (longer.length > 1 && answeredKinds.has(long.what)))) {
    return problem(
      'mtu',
      `较长的 UDP 消息（${long.bytes} 字节的 ${long.what}）没有应答，较短的（${passes} 字节以内）都有：途中丢弃大报文（MTU 太小），请改用 TCP。`,
      `Long UDP messages get no answer (${long.what} with ${long.bytes} bytes), while short ones do (up to ${passes} bytes): large datagrams are lost on the way (its MTU is too small). Change the transport to TCP.`,
    );
  }
  const inOutage = (age: number) => lost.some((other) => answeredKinds.has(other.what) && Math.abs(other.age - age) < minutes(1));
  const ignored = lost.find(({ what, age }) => what !== 'Keepalive' && !answeredKinds.has(what) && answeredAfter(age) && !inOutage(age));
  if (!ignored) return undefined;
  const { what, bytes } = ignored;
  if (bySize) {
    return problem(
      'messages',
      `平台不应答 ${what} 消息（${bytes} 字节），较短的其他消息（${passes} 字节以内）都有应答：平台不处理这类消息，或途中丢弃较长的报文（改用 TCP 可以验证）。`,
      `The platform does not answer ${what} messages (${bytes} bytes), and does answer other, shorter ones (up to ${passes} bytes): it does not take such messages, or long datagrams are lost on the way (over TCP they would not be).`,
    );
  }
  return problem(
    'messages',
    `平台不应答 ${what} 消息，而应答其他消息：平台处理这类消息的部分可能已停止，或不接受它，请与平台方核对。`,
    `The platform does not answer ${what} messages, and does answer others: the part of it that takes them may be down, or it does not want them. Please check with its operator.`,
  );
};

const clock: Rule = ({ status: { clockOffset } }) => {
  if (clockOffset === undefined || Math.abs(clockOffset) <= 5_000) return undefined;
  const off = Math.round(clockOffset / 1_000);
  const hours = Math.round(clockOffset / 3_600_000);
  const ahead = off > 0 ? { zh: '快', en: 'ahead of' } : { zh: '慢', en: 'behind' };
  if (hours !== 0 && Math.abs(clockOffset - hours * 3_600_000) < 120_000) {
    return problem(
      'clock',
      `平台时钟比本机${ahead.zh} ${Math.abs(hours)} 小时整：其中一方的时区设置错误。`,
      `The platform's clock is ${Math.abs(hours)} whole hours ${ahead.en} ours: the time zone of one of them is wrong.`,
    );
  }
  const tell = Math.abs(clockOffset) > 60_000 ? problem : warning;
  const length = lengthOf(Math.abs(off));
  return tell(
    'clock',
    `平台时钟比本机${ahead.zh} ${length.zh}：请检查两边的自动校时（NTP）。`,
    `The platform's clock is ${length.en} ${ahead.en} ours: check on both sides that the clock is set by NTP.`,
  );
};

/** Of whole seconds; nobody counts 18475 of them. */
function lengthOf(all: number): Words {
  if (all < 120) return { zh: `${all} 秒`, en: `${all} s` };
  const minutes = Math.round(all / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  return { zh: `${hours} 小时 ${minutes % 60} 分钟`, en: `${hours} h ${minutes % 60} min` };
}

const catalogue: Rule = ({ settings: { codes, share } }) => {
  const shared = Object.keys(codes.channels).filter((id) => share === 'all' || share.includes(id));
  if (shared.length > 0) return undefined;
  return warning(
    'catalogue',
    '没有任何共享通道有编码：平台上的目录是空的，请导入公安下发的编码。',
    'No shared channel has a code: the catalogue at the platform is empty. Import the codes that the bureau issued.',
  );
};

const ownCode: Rule = ({ settings: { codes, platform } }) => {
  const own = parseGbCode(codes.device);
  const doubtful = [...doubtfulGroups(own), ...doubtfulGroups(parseGbCode(platform.code))][0];
  if (doubtful) {
    return warning(
      'codes',
      `编码中的${doubtful.name.zh} ${doubtful.digits} 没有含义：请核对设备编码 ${codes.device} 与平台编码 ${platform.code}。`,
      `The ${doubtful.name.en} ${doubtful.digits} of a code means nothing: compare device code ${codes.device} and platform code ${platform.code} with the bureau's letter.`,
    );
  }
  if (!/^2/.test(parseGbCode(platform.code).type)) {
    return warning(
      'codes',
      `平台编码 ${platform.code} 的类型不是平台（2xx）：是否与设备编码填反了？`,
      `Platform code ${platform.code} is not of a platform's type (2xx): was it exchanged with the device code?`,
    );
  }
  return undefined;
};

const refusedByUs: Rule = ({ seen }) => {
  // What a school does not have, such as a position that moves, is refused to every platform.
  const last = seen.refusedByUs.findLast(
    ({ method, status, reason }) => (method === 'INVITE' || method === 'SUBSCRIBE') && status !== 489 && reason !== foreignMedia,
  );
  if (!last) return undefined;
  return warning(
    'requests',
    `本机拒绝了平台的 ${last.method}（${last.status} ${last.reason}）：见下面的消息记录。`,
    `We refused a ${last.method} of the platform (${last.status} ${last.reason}): see the messages below.`,
  );
};

const told: Rule = ({ seen }) => {
  const last = seen.told.findLast(({ status }) => status !== undefined && status >= 400);
  if (!last) return undefined;
  return warning('messages', `平台对 ${last.what} 消息应答 ${last.status}。`, `The platform answered ${last.status} to a ${last.what} message.`);
};

/** Each can be why nothing works. */
export const agreementRules: readonly Rule[] = [names, advertised, media, mediaConnection, charset, unanswered, clock, catalogue];
/** Worth a look. */
export const tidinessRules: readonly Rule[] = [ownCode, refusedByUs, told];

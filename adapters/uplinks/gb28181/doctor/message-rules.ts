/** What became of our own messages, while the link stands: refused, lost, or taken and then not answered in words. */
import { minutes, seconds } from '../../../../gateway/domain/time.ts';
import { charsetOf } from '../settings.ts';
import { forgetting } from '../trouble.ts';
import type { DoctorFacts, SeenTold } from './facts.ts';
import { problem, type Rule, warning } from './rule.ts';

/** What people call them. */
const kinds: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  Alarm: { zh: '报警', en: 'alarms' },
  Catalog: { zh: '目录', en: 'the catalogue' },
  DeviceInfo: { zh: '设备信息', en: 'device information' },
  DeviceStatus: { zh: '设备状态', en: 'the device status' },
  RecordInfo: { zh: '录像目录', en: 'the list of recordings' },
  ConfigDownload: { zh: '配置', en: 'settings' },
};
const kindOf = (what: string) => kinds[what] ?? { zh: '', en: '' };
const isTooLong = (status: number | undefined) => status === 413 || status === 513;
const isTaken = (status: number | undefined) => status !== undefined && status >= 200 && status < 300;

const tooLong: Rule = ({ settings, seen }) => {
  const refused = seen.told.findLast(({ status }) => isTooLong(status));
  if (!refused) return undefined;
  const tcp = settings.transport === 'tcp';
  return problem(
    'size',
    `平台拒收较长的消息（${refused.bytes} 字节的 ${refused.what}，${refused.status}）：对它太大，请${tcp ? '平台方放宽上限' : '改用 TCP'}。`,
    `The platform refuses long messages (${refused.what} with ${refused.bytes} bytes, ${refused.status}): they are too large for it. ${tcp ? 'Ask its people for a higher limit.' : 'Change the transport to TCP.'}`,
  );
};

const alarms: Rule = ({ settings, seen }) => {
  const sent = seen.told.filter(({ what, status }) => what === 'Alarm' && status !== undefined);
  const last = sent.at(-1);
  if (last?.status === undefined || last.status < 400 || isTooLong(last.status)) return undefined;
  if (!seen.told.some(({ what, status }) => what !== 'Alarm' && status === 200)) return undefined;
  // Such an answer once may be a platform that has restarted.
  const once = forgetting.has(last.status) && sent.filter(({ status }) => status === last.status).length < 2;
  const unread = last.chinese && !seen.told.some(({ chinese, status }) => chinese && isTaken(status));
  const ours = charsetOf(settings);
  return (once ? warning : problem)(
    'alarms',
    `平台拒收报警（${last.status}），其他消息都接受：请平台方为本设备开通报警接收，并核对报警通道的编码${unread ? `；也可能是字符集 ${ours} 不适合该平台（含中文的消息没有一条被接受）` : ''}。`,
    `The platform refuses alarms (${last.status}) and takes other messages: ask its people to have it take alarms of this device, and compare the codes of alarm channels${unread ? `; or charset ${ours} does not suit it, as no message with Chinese text was taken yet` : ''}.`,
  );
};

/** It took the alarm, and said in words that it did not. */
const alarmErrors: Rule = ({ seen }) => {
  const last = seen.alarmResults.at(-1);
  if (last === undefined || last.result === 'OK') return undefined;
  return problem(
    'alarms',
    `平台收到报警，但其业务应答（Response）为 ${last.result}：报警通道的编码未在平台登记，或报警类型、级别不被接受，请与平台方核对。`,
    `The platform receives alarms, and its Response to them says ${last.result}: the code of the alarm channel is not entered there, or it does not take their type or priority. Please check with its operator.`,
  );
};

/** Its 200 is not enough by the settings, and more never comes. */
const alarmsUnconfirmed: Rule = ({ settings: { alarms: wish }, seen }) => {
  const waited = seen.told.filter(({ what, status, age }) => what === 'Alarm' && isTaken(status) && age > seconds(10));
  if (wish.ack === 'sip200' || waited.length === 0 || seen.alarmResults.length > 0) return undefined;
  return wish.ack === 'response'
    ? problem(
        'alarms',
        `平台以 SIP 200 收下报警，却从不回业务应答（Response），而设置要求有它（alarms.ack: response）：请把 alarms.ack 改为 sip200，或请平台方开启报警应答。`,
        `The platform takes alarms with SIP 200 and never sends a Response, which the settings wait for (alarms.ack: response): set alarms.ack to sip200, or ask its people for Responses to alarms.`,
      )
    : problem(
        'alarms',
        `平台以 SIP 200 收下报警，却不应答报警查询，而设置要求查到它（alarms.ack: query）：请把 alarms.ack 改为 sip200。`,
        `The platform takes alarms with SIP 200 and does not list them when asked, which the settings wait for (alarms.ack: query): set alarms.ack to sip200.`,
      );
};

const charset: Rule = ({ settings, seen }) => {
  const refused = seen.told.find(({ status, chinese }) => chinese && (status === 400 || status === 415));
  const taken = (wanted: boolean) => seen.told.some(({ status, chinese }) => chinese === wanted && isTaken(status));
  if (!refused || !taken(false) || taken(true)) return undefined;
  // Alarms alone may be unwelcome for what they are.
  if (refused.what === 'Alarm' && !seen.told.some(({ what, chinese }) => chinese && what !== 'Alarm')) return undefined;
  return problem(
    'charset',
    `平台拒绝含中文的消息（${kindOf(refused.what).zh} ${refused.what}，${refused.status}），不含中文的都接受：字符集 ${charsetOf(settings)} 不适合该平台，或其中有它不认识的生僻字，请换一种字符集。`,
    `The platform refuses messages with Chinese text (${refused.what}, ${refused.status}) and takes the others: charset ${charsetOf(settings)} does not suit it, or rare characters do not. Choose another charset.`,
  );
};

/** Any other kind, while the rest is taken. */
const refused: Rule = ({ settings, seen }) => {
  const answered = seen.told.filter(({ status }) => status !== undefined);
  const last = answered.findLast(
    ({ what, status = 0 }) => what !== 'Alarm' && what !== 'Keepalive' && what !== '?' && status >= 400 && !isTooLong(status),
  );
  if (!last || !answered.some(({ status }) => isTaken(status))) return undefined;
  const { what, status = 0, notify } = last;
  // Taken since: it is over.
  if (answered.some((each) => each.what === what && each.notify === last.notify && isTaken(each.status) && each.age < last.age)) return undefined;
  const words = kindOf(what);
  if (notify) {
    return problem(
      'messages',
      `平台订阅了${words.zh || what}，却以 ${status} 拒绝通知（NOTIFY），订阅因此中断，平台上的状态会过时：请平台方检查其订阅。`,
      `The platform subscribed to ${words.en || what} and refuses what it is told (NOTIFY, ${status}), which ends the subscription; what it shows grows old. Ask its operator.`,
    );
  }
  return problem(
    'messages',
    `平台拒收${words.zh}消息 ${what}（${status}），其他消息都接受：${meant(status, charsetOf(settings)).zh}。`,
    `The platform refuses ${what} messages${words.en && `, ${words.en}`} (${status}), and takes others: ${meant(status, charsetOf(settings)).en}.`,
  );
};

function meant(status: number, charset: string) {
  if (status >= 500)
    return { zh: '平台处理它的部分有故障，请与平台方核对', en: 'the part of it that takes them is in trouble; please check with its operator' };
  if (status === 403 || status === 404 || status === 481)
    return {
      zh: '其中的编码未在平台登记，或本设备没有这项权限，请与平台方核对',
      en: 'a code in it is not entered there, or this device may not send it; please check with its operator',
    };
  return {
    zh: `其内容不适合该平台（字符集 ${charset}、生僻字、标准版本、行政区划编码），请与平台方核对`,
    en: `what is in it does not suit it (charset ${charset}, rare characters, version of the standard, codes of regions); please check with its operator`,
  };
}

/** Bytes that every network carries: a datagram of a single kind is not lost for being that long. */
const alwaysCarried = 800;
/** Where several kinds are lost by length alone, or short ones of the same kind pass, even these may be. */
const shortest = 500;

const unanswered: Rule = (facts) => {
  const { settings, seen } = facts;
  const answered = seen.told.filter(({ status }) => status !== undefined);
  const lost = seen.told.filter(({ status, age }) => status === undefined && age > seconds(5));
  const answeredKinds = new Set(answered.map(({ what }) => what));
  const answeredAfter = (age: number) => answered.some((each) => each.age < age);
  const passes = Math.max(0, ...answered.map(({ bytes }) => bytes));
  const longer = lost.filter(({ bytes }) => bytes > passes && bytes >= shortest);
  const [long] = longer;
  // An outage takes short ones as well, and nothing comes through after it began.
  const bySize = settings.transport === 'udp' && long !== undefined && longer.length * 2 >= lost.length && answeredAfter(long.age);
  // One kind alone may be one that the platform does not care for.
  if (bySize && (new Set(longer.map(({ what }) => what)).size > 1 || (longer.length > 1 && answeredKinds.has(long.what)))) {
    return problem(
      'mtu',
      `较长的 UDP 消息（${long.bytes} 字节的 ${long.what}）没有应答，较短的（${passes} 字节以内）都有：途中丢弃大报文（MTU 太小，分片被丢），请改用 TCP。`,
      `Long UDP messages get no answer (${long.what} with ${long.bytes} bytes), while short ones do (up to ${passes} bytes): large datagrams are lost on the way (its MTU is too small, or fragments are dropped). Change the transport to TCP.`,
    );
  }
  const inOutage = (age: number) => lost.some((other) => answeredKinds.has(other.what) && Math.abs(other.age - age) < minutes(1));
  const ignored = lost.find(({ what, age }) => what !== 'Keepalive' && !answeredKinds.has(what) && answeredAfter(age) && !inOutage(age));
  return ignored && ignoredKind(facts, ignored, bySize && ignored.bytes >= alwaysCarried ? passes : undefined);
};

/** `passes`: bytes of the longest that was answered, where this one may be lost for its length. */
function ignoredKind({ settings, seen }: DoctorFacts, { what, bytes }: SeenTold, passes: number | undefined) {
  const { zh, en } = kindOf(what);
  if (passes !== undefined) {
    // What it has asked for itself it means to take.
    const wanted = seen.asked.some((each) => each.what === `Query ${what}`);
    const reasons = [
      {
        zh: '途中丢弃较长的 UDP 报文（MTU/分片，改用 TCP 可以验证）',
        en: 'long datagrams are lost on the way, its MTU being too small (over TCP they would not be)',
      },
      { zh: '平台不处理这类消息', en: 'it does not take such messages' },
    ];
    const [first, second] = wanted ? reasons : reasons.toReversed();
    return problem(
      'messages',
      `平台不应答 ${what} ${zh}消息（${bytes} 字节），较短的其他消息（${passes} 字节以内）都有应答：${first?.zh}，或${second?.zh}。`,
      `The platform does not answer ${what} messages (${bytes} bytes), and does answer other, shorter ones (up to ${passes} bytes): ${first?.en}, or ${second?.en}.`,
    );
  }
  const tcp = settings.transport === 'tcp';
  return problem(
    'messages',
    `平台不应答 ${what} 消息${zh && `（${zh}）`}，而应答其他消息：平台处理这类消息的部分可能已停止，或不接受它，请与平台方核对${tcp ? '' : '；若不是，可改用 TCP 验证是否途中丢包'}。`,
    `The platform does not answer ${what} messages, and does answer others${en && ` (${en})`}: the part of it that takes them may be down, or it does not want them. Please check with its operator${tcp ? '' : '; over TCP nothing would be lost on the way'}.`,
  );
}

export const messageRules: readonly Rule[] = [tooLong, charset, alarms, alarmErrors, alarmsUnconfirmed, refused, unanswered];

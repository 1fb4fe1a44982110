/** What the platform asks of us: of whom, from where, for what; and what we refuse it. */
import { hours, seconds } from '../../../../gateway/domain/time.ts';
import type { Words } from '../../../../gateway/domain/words.ts';
import { listCodes } from '../codes/code-map.ts';
import { kindOfType } from '../codes/judge.ts';
import { foreignMedia, maySendTo } from '../destinations.ts';
import type { SeenOnTheWire } from './facts.ts';
import { neverHeard, problem, type Rule, warning, wonders } from './rule.ts';
import { advertisedIsTrue } from './way-back-rules.ts';

/** The platform calls itself otherwise than we do. */
const itsName: Rule = ({ settings, seen, asked }) => {
  const servers = new Set([settings.platform.code, ...seen.servers]);
  // A server that a 302 names without its code has one of its own.
  const led = asked?.redirected ? asked.peer.address : undefined;
  const caller = seen.callers.find(({ user, address }) => /^\d{20}$/.test(user) && !servers.has(user) && address !== led);
  if (!caller) return undefined;
  return problem(
    'platform code',
    `平台自称 ${caller.user}，而设置的平台编码是 ${settings.platform.code}：请更正。`,
    `The platform calls itself ${caller.user}, but platform code ${settings.platform.code} is set: correct it.`,
  );
};

/** It calls somebody whom we do not have. */
const ourNames: Rule = ({ settings, seen }) => {
  const ours = new Set(listCodes(settings.codes).map(({ code }) => code));
  const called = [...seen.called, ...seen.asked.flatMap(({ code, what }) => (/^(Query|Control)/.test(what) && code ? [code] : []))];
  const code = called.find((user) => /^\d{20}$/.test(user) && !ours.has(user) && user !== settings.platform.code);
  if (code === undefined) return undefined;
  const device = kindOfType(Number(code.slice(10, 13))) === 'device';
  return device
    ? warning(
        'codes',
        `平台呼叫设备编码 ${code}，本机没有这个编码（本机是 ${settings.codes.device}）：平台上登记的设备编码与本机设置不同，请核对。`,
        `The platform asks for device code ${code}, which is not ours (${settings.codes.device} is): it has another code entered for this device than is set here. Compare them.`,
      )
    : warning(
        'codes',
        `平台呼叫编码 ${code}，本机没有这个编码：平台上的目录已过时，或通道编码填写有误。`,
        `The platform asks for code ${code}, which is not ours: its catalogue is old, or the code of a channel is wrong here.`,
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
    `平台要求把画面发往 ${last.media}，该地址不在允许的媒体地址（media.to）之内，本机已拒绝：若属于该平台（媒体服务器），请加入 media.to。`,
    `The platform wants pictures sent to ${last.media}, which is not in the list of allowed media addresses (media.to), and was refused: if it belongs to the platform, as its media server, add it to media.to.`,
  );
};

const mediaConnection: Rule = ({ mediaBlocked, settings }) => {
  if (!mediaBlocked) return undefined;
  const { remote, transport, camera } = mediaBlocked;
  if (camera !== undefined) {
    return problem(
      'pictures',
      `点播已接受，但通道 ${camera} 的摄像机没有送来画面：请检查该摄像机及其码流设置。`,
      `A view was accepted, and the camera of channel ${camera} gave no picture: look after that camera and its streams.`,
    );
  }
  const { advertised } = settings;
  return transport === 'tcp-passive'
    ? problem(
        'media',
        `点播已接受，但平台没有连到本机的媒体端口，没有画面：请检查防火墙是否放行平台到本机的媒体连接（TCP）${advertised ? `，以及对外地址 ${advertised.address} 的媒体端口映射` : ''}，或请平台改用 TCP 被动（平台收流端监听）。`,
        `A view was accepted, and the platform never connected to our media port: no picture. Have firewalls let its media connections (TCP) through to this box${advertised ? `, and map the media ports of ${advertised.address}` : ''}, or have the platform listen itself (TCP passive).`,
      )
    : problem(
        'media',
        `点播已接受，但无法连接平台的媒体端口 ${remote}（TCP），没有画面：请检查防火墙是否放行媒体端口，或收流方式（TCP 主动/被动）是否一致。`,
        `A view was accepted, and the platform's media port ${remote} takes no TCP connection: no picture. Have firewalls let the media ports through, and see that active and passive TCP are not mixed up.`,
      );
};

interface Said {
  readonly code: string;
  readonly known: boolean;
}

/** Why we refused a view, by our own phrase, and what to do about it. */
const whyRefused: Readonly<Record<string, (said: Said) => Words>> = {
  'No Such Channel': ({ known }) =>
    known
      ? {
          zh: '该通道没有共享给此平台（share），或本机已没有这台摄像机',
          en: 'that channel is not shared with this platform (share), or this box has no such camera any more',
        }
      : {
          zh: '本机没有这个编码：平台上的目录已过时，或通道编码填写有误',
          en: 'this box has no such code: its catalogue is old, or a channel has a wrong code here',
        },
  'All Plays Taken': () => ({ zh: '同时点播的路数已达上限（media.most）', en: 'as many views run already as are allowed at once (media.most)' }),
  'Link Is Full': () => ({
    zh: '上行带宽已用完：请减少同时点播或提高带宽限额',
    en: 'the bandwidth of the uplink is used up: watch less at once, or allow more',
  }),
  'Too Many INVITEs': () => ({ zh: '平台点播过于频繁', en: 'the platform asks for too many views in one second' }),
  'Live Only': () => ({ zh: '平台要求回放或下载录像，本机只提供实时画面', en: 'it asks for recordings, and this box has live pictures only' }),
  'PS Video Only': () => ({
    zh: '平台要求的封装或媒体类型不是 PS 视频：请平台方改为 PS 封装',
    en: 'it asks for something other than video in PS: have the platform ask for PS',
  }),
  'Not Acceptable Here': () => ({
    zh: '摄像机的编码格式（例如 H.265）不能按平台的要求发送：请更改摄像机的编码',
    en: 'the codec of the camera (such as H.265) cannot be sent as it asks: change the codec of the camera',
  }),
  'Camera Does Not Answer': () => ({ zh: '摄像机没有应答：请检查摄像机及其网络', en: 'the camera does not answer: look after it and its network' }),
  'Camera Unavailable': () => ({ zh: '摄像机离线或不可用：请检查摄像机', en: 'the camera is offline or unavailable: look after it' }),
  'No Port Free': () => ({
    zh: '本机媒体端口范围（media.ports）内没有空闲端口：请放宽端口范围',
    en: 'no media port of ours is free (media.ports): widen the range of ports',
  }),
  'Bad SDP': () => ({ zh: '平台点播的媒体描述（SDP）无法读懂', en: 'its SDP cannot be read' }),
  'No Media Port': () => ({ zh: '平台没有给出媒体端口：请平台方检查收流服务', en: 'it names no media port: have its media server looked after' }),
};

/** What was refused longer ago explains nothing of now. */
const lately = hours(1);

const refusedByUs: Rule = ({ settings, seen }) => {
  // What a school does not have, such as a position that moves, is refused to every platform.
  const last = seen.refusedByUs.findLast(
    ({ method, status, reason, age = 0 }) =>
      (method === 'INVITE' || method === 'SUBSCRIBE') && status !== 489 && status !== 487 && reason !== foreignMedia && age < lately,
  );
  if (!last) return undefined;
  const code = last.code ?? '?';
  const known = listCodes(settings.codes).some((entry) => entry.code === code);
  const why = last.method === 'INVITE' ? whyRefused[last.reason]?.({ code, known }) : undefined;
  if (!why) {
    return warning(
      'requests',
      `本机拒绝了平台的 ${last.method}（${last.status} ${last.reason}）：见下面的消息记录。`,
      `We refused a ${last.method} of the platform (${last.status} ${last.reason}): see the messages below.`,
    );
  }
  return warning(
    'views',
    `本机拒绝了平台对通道 ${code} 的点播（${last.status}），平台上没有画面：${why.zh}。`,
    `We refused the platform a view of channel ${code} (${last.status}), so that it has no picture: ${why.en}.`,
  );
};

/** Orders, and what allows them. */
const orders = [
  { order: 'PTZCmd', key: 'move', zh: '云台控制', en: 'to turn cameras' },
  { order: 'HomePosition', key: 'move', zh: '看守位', en: 'to turn cameras' },
  { order: 'GuardCmd', key: 'guard', zh: '布防/撤防', en: 'to arm and disarm' },
  { order: 'AlarmCmd', key: 'resetAlarms', zh: '报警复位', en: 'to reset alarms' },
  { order: 'TeleBoot', key: 'reboot', zh: '远程重启', en: 'to restart the link' },
  { order: 'DeviceConfig', key: 'configure', zh: '设备配置', en: 'to change the heartbeat' },
] as const;

/** A site has chosen so: nothing is amiss. */
const forbidden: Rule = ({ settings: { may }, seen }) => {
  const closed = orders.filter(({ key }) => !may[key]);
  const found = seen.asked.flatMap(({ what, order }) => closed.find((each) => names(each.order, what, order)) ?? []).at(-1);
  if (!found) return undefined;
  return warning(
    'orders',
    `平台要求${found.zh}（${found.order}），而设置不允许（may.${found.key}）：若应允许，请打开 may.${found.key}。`,
    `The platform orders us ${found.en} (${found.order}), which the settings forbid (may.${found.key}): if it may, allow may.${found.key}.`,
  );
};

const names = (order: string, what: string, said: string | undefined) => said === order || what === `Control ${order}`;

/** Whoever wants to see something watches it for longer. */
const shortView = seconds(20);
const hungUp: Rule = ({ seen }) => {
  const over = seen.views.filter(({ lasted }) => lasted !== undefined);
  const last = over.slice(-2);
  if (last.length < 2 || seen.views.at(-1) !== last[1] || !last.every(({ lasted = 0, age }) => lasted <= shortView && age < lately)) return undefined;
  if (new Set(last.map(({ code }) => code)).size > 1) return undefined;
  return warning(
    'views',
    `平台一再在 ${Math.round((last[1]?.lasted ?? 0) / 1_000)} 秒内挂断对通道 ${last[1]?.code ?? '?'} 的点播：若平台上没有画面，可能是防火墙拦截到其收流端口的 RTP（UDP），SSRC 不符，或平台不支持摄像机的编码（H.265）。`,
    `The platform hangs up on views of channel ${last[1]?.code ?? '?'} within ${Math.round((last[1]?.lasted ?? 0) / 1_000)} s, again and again: if it shows no picture, a firewall may drop RTP (UDP) to its media port, the SSRC may not suit it, or it does not know the camera's codec (H.265).`,
  );
};

/** A platform that is told nothing shows nothing. */
const neverAsked: Rule = (facts) => {
  const { seen, lasts = 0, own } = facts;
  if (!wonders(facts)) return undefined;
  const since = Math.round(lasts / 1_000);
  if (neverHeard(facts)) {
    const address = advertisedIsTrue(facts) ? { zh: '端口映射', en: 'the mapping of ports' } : { zh: '对外地址', en: 'the advertised address' };
    return warning(
      'requests',
      `已注册 ${since} 秒，但平台没有向本机发来任何请求，也没有查询目录，因此平台上看不到通道：平台的请求可能到不了本机（防火墙、NAT、SIP ALG 或${address.zh}，本机地址 ${own ?? '?'}），平台方尚未同步目录，或它们到了使用同一编码的另一台设备。`,
      `Registered for ${since} s, and the platform has not asked this box for anything, nor for its catalogue, so that it shows no channel: its requests may not reach us (a firewall, a NAT, SIP ALG or ${address.en}; ours is ${own ?? '?'}), its operator has not had the catalogue fetched, or another device with the same code gets them.`,
    );
  }
  if (wantsCatalogue(seen)) return undefined;
  return warning(
    'catalogue',
    `已注册 ${since} 秒，平台从未查询或订阅目录（Catalog），因此平台上看不到通道：请平台方同步目录（刷新通道）；若平台上已有通道，可能是另一台设备在用同一编码。`,
    `Registered for ${since} s, and the platform has never asked for the catalogue nor subscribed to it, so that it shows no channel: ask its operator to fetch the catalogue; if it does show channels, another device may be using the same code.`,
  );
};

const wantsCatalogue = ({ asked }: SeenOnTheWire) => asked.some(({ what }) => what === 'Query Catalog');

export const askedRules: readonly Rule[] = [itsName, media, mediaConnection];
export const unservedRules: readonly Rule[] = [ourNames, refusedByUs];
export const faintRules: readonly Rule[] = [neverAsked, hungUp];
export const chosenRules: readonly Rule[] = [forbidden];

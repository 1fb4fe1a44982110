/** What the page shows: the platform as its operator and a technician want to see it. Pure. */

import { aboutOf } from '../../../../adapters/protocols/manscdp/about.ts';
import type { CatalogItem } from '../../../../adapters/protocols/manscdp/catalog-item.ts';
import { decodeManscdp } from '../../../../adapters/protocols/manscdp/charset.ts';
import { cseqOf } from '../../../../adapters/protocols/sip/fields.ts';
import { noBody, type SipMessage, textOf, writeMessage } from '../../../../adapters/protocols/sip/message.ts';
import type { Language } from '../../../../gateway/domain/words.ts';
import type { GbDevice } from '../devices.ts';
import type { Passage } from '../line.ts';
import type { Play } from '../live/play.ts';
import { misbehaviours } from '../misbehaviours/index.ts';
import type { GbPlatform } from '../platform.ts';
import type { TreeNode } from '../tree.ts';
import { type Html, html } from './html.ts';
import { type Say, sayIn } from './words.ts';

/** Of each list: a page is for looking, a ledger for counting. */
const mostShown = 50;

export interface PageView {
  readonly platform: GbPlatform;
  readonly language: Language;
  /** Command line with which somebody watches a play. */
  watchLine(play: Play): string;
  /** What went wrong with the last click. */
  readonly trouble: string | undefined;
}

export function wholePage(view: PageView): Html {
  const { platform, language } = view;
  const say = sayIn(language);
  const other = language === 'zh' ? 'en' : 'zh';
  const chosen = new Set(platform.misbehaving());
  const names = misbehaviours.map(({ name, says }) =>
    chosen.has(name)
      ? html`<option value="${name}" selected>${name}: ${says[language]}</option>`
      : html`<option value="${name}">${name}: ${says[language]}</option>`,
  );
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><title>${say('title')}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css"><script src="/page.js" defer></script></head>
<body><header><h1>${say('title')}</h1><span>${say('code')} <code>${platform.id}</code> · ${say('domain')} <code>${platform.realm}</code> · ${say('address')} <code>${platform.address.address}:${platform.address.port}</code></span>
<a href="/?lang=${other}">${say('language')}</a></header>
<p class="warning">${say('warning')}</p>
${view.trouble === undefined ? [] : html`<p class="error" role="alert">${view.trouble}</p>`}
<form id="act" method="post" action="/act">
<label>${say('transport')} <select name="transport"><option>udp</option><option>tcp-passive</option><option>tcp-active</option></select></label>
<label>${say('stream')} <select name="stream"><option value="">${say('anyStream')}</option><option value="0">${say('mainStream')}</option><option value="1">${say('subStream')}</option></select></label>
</form>
<main id="living">${livingPart(view)}</main>
<h2>${say('misbehaviour')}</h2>
<form method="post" action="/misbehave"><select name="name" multiple aria-label="${say('misbehaviour')}">${names}</select><button>${say('apply')}</button></form>
</body></html>`;
}

/** What changes by itself. */
export function livingPart({ platform, language, watchLine }: PageView): Html {
  const say = sayIn(language);
  const active = platform.misbehaving();
  const section = (title: string, rows: readonly Html[], empty: string, head?: Html) =>
    rows.length === 0
      ? html`<h2>${title}</h2><p class="empty">${empty}</p>`
      : html`<h2>${title}</h2>${head ? html`<table><thead>${head}</thead><tbody>${rows}</tbody></table>` : rows}`;
  const latest = <Row>(rows: readonly Row[]) => rows.slice(-mostShown).reverse();
  const head = (...names: Parameters<Say>[0][]) => html`<tr>${names.map((name) => html`<th>${say(name)}</th>`)}</tr>`;
  const devices = platform.devices();
  return html`
<p>${active.length === 0 ? say('behavesWell') : active.join(', ')}</p>
${section(
  say('devices'),
  devices.map((device) => deviceRow(device, platform, say)),
  say('noDevices'),
  head('code', 'name', 'address', 'edition', 'registeredAt', 'keepalives', 'subscriptions'),
)}
${devices.map((device) => catalogueOf(device, platform, say))}
${section(
  say('plays'),
  platform.plays().map((play) => playPart(play, watchLine(play), say)),
  say('noPlays'),
)}
${section(
  say('alarms'),
  latest(platform.alarms()).map(
    ({ arrivedAt, occurredAt, code, priority, method, type, description, answered, repeat }) =>
      html`<tr><td>${timeOf(arrivedAt)}</td><td>${timeOf(occurredAt)}</td><td class="code">${code}</td><td>${priority}</td><td>${method}/${type ?? '–'}</td>
<td>${description} ${repeat ? `(${say('repeat')})` : ''} ${answered === 200 ? '' : String(answered)}</td></tr>`,
  ),
  say('noAlarms'),
  head('arrived', 'occurred', 'code', 'priority', 'method', 'description'),
)}
${section(
  say('complaints'),
  latest(platform.complaints()).map(({ at, rule, sentence }) => html`<div>${timeOf(at)} <code>${rule}</code> ${sentence}</div>`),
  say('noComplaints'),
)}
${section(say('messages'), latest(platform.passages()).map(passagePart), say('noMessages'))}`;
}

function deviceRow(device: GbDevice, platform: GbPlatform, say: Say): Html {
  const { id, online, peer, version, registeredAt, keepalives, info } = device;
  const kinds = platform.subscriptions().filter((each) => each.device === id && each.active);
  return html`<tr><td class="code"><span class="${online ? 'on' : 'off'}">${id}</span> ${say(online ? 'online' : 'offline')}</td><td>${info?.name ?? '–'}</td>
<td class="code">${peer.transport} ${peer.address}:${peer.port}</td><td>${version ?? '≤ 2.0'}</td><td>${timeOf(registeredAt)}</td><td>${keepalives}</td>
<td>${kinds.map(({ kind, notices }) => `${kind} (${notices})`).join(', ') || '–'}</td></tr>`;
}

function catalogueOf({ id, online }: GbDevice, platform: GbPlatform, say: Say): Html {
  const nodes = platform.tree(id);
  const total = platform.catalogue(id)?.items.length ?? 0;
  const act = (verb: string, word: Parameters<Say>[0]) => html`<button form="act" name="do" value="${verb} ${id} ${id}">${say(word)}</button> `;
  const acts = online ? [act('catalogue', 'askCatalogue'), act('guard', 'guard'), act('unguard', 'unguard'), act('reset-alarm', 'resetAlarm')] : [];
  return html`<h2>${say('catalogue')} ${id} (${total})</h2><p>${acts}</p>
${nodes.length === 0 ? html`<p class="empty">${say('noCatalogue')}</p>` : branch(nodes, id, say)}`;
}

function branch(nodes: readonly TreeNode[], device: string, say: Say): Html {
  const leaf = ({ deviceId, name, status }: CatalogItem) => {
    const camera = ['131', '132'].includes(deviceId.slice(10, 13));
    const play = camera ? html` <button form="act" name="do" value="play ${device} ${deviceId}">${say('play')}</button>` : [];
    return html`<span class="${status === 'OFF' ? 'off' : 'on'}">${name ?? '–'}</span> <code>${deviceId}</code>${play}`;
  };
  return html`<ul>${nodes.map(({ item, children }) => html`<li>${leaf(item)}${children.length === 0 ? [] : branch(children, device, say)}</li>`)}</ul>`;
}

function playPart(play: Play, line: string, say: Say): Html {
  const { packets, frames, keyframes, lost, byRule, video = '–', audio = '–' } = play.counters();
  const rules = Object.entries(byRule).map(([rule, count]) => `${rule} × ${count}`);
  const steer = [
    ['left', '←'],
    ['right', '→'],
    ['up', '↑'],
    ['down', '↓'],
    ['tele', '+'],
    ['wide', '−'],
    ['stop', say('stop')],
  ] as const;
  const { channel, transport } = play.order;
  const times = [`${say('firstPacket')} ${lengthOf(play.firstPacketAfter)}`, `${say('firstPicture')} ${lengthOf(play.firstKeyframeAfter)}`];
  const counts = [`${packets} ${say('packets')}`, `${frames} ${say('frames')}`, `${keyframes} ${say('keyframes')}`, `${lost} ${say('lost')}`];
  return html`<div class="play"><code>${channel}</code> ${transport} ${video} ${audio} · ${times.join(' · ')} · ${counts.join(' · ')} ·
${say('violations')}: ${rules.join(', ') || say('none')}<br>
${steer.map(([way, sign]) => html`<button form="act" name="do" value="ptz-${way} ${play.device} ${channel}" aria-label="${way}">${sign}</button> `)}
<button form="act" name="do" value="bye ${play.device} ${channel}">${say('hangUp')}</button>
<br>${say('watch')}: <code>${line}</code></div>`;
}

function passagePart({ at, direction, transport, remote, message }: Passage): Html {
  const head = writeMessage({ ...message, body: noBody }).toString('latin1');
  const [first = ''] = head.split('\r\n', 1);
  const way = direction === 'in' ? '→' : '←';
  const id = `${at}-${message.headers.find(({ name }) => name === 'CSeq')?.value}-${direction}-${first.slice(0, 12)}`;
  return html`<details id="${id}"><summary>${timeOf(at)} ${way} ${transport} ${remote.address}:${remote.port} <code>${titleOf(message)}</code></summary>
<pre>${textOf(head)}${decodeManscdp(message.body)}</pre></details>`;
}

/** A list of forty MESSAGEs says nothing: what each is about does. */
function titleOf(message: SipMessage): string {
  if (message.kind === 'response') return `${message.status} ${textOf(message.reason)} (${cseqOf(message)?.method ?? '?'})`;
  return `${message.method} ${aboutOf(message.body) ?? message.uri}`;
}

const timeOf = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(5, 19).replace('T', ' ');
const lengthOf = (length: number | undefined) => (length === undefined ? '–' : `${Math.round(length)} ms`);

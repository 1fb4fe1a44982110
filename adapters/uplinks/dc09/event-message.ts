/** From events to what a receiver is told: Contact ID or SIA data, and the words, place and time beside it. Pure. */
import { type AlarmTypeRow, rowOf, titleOf, typeOfContactId } from '../../../gateway/domain/alarm-types.ts';
import type { AlarmRaised, AlarmRestored, DomainEvent } from '../../../gateway/domain/event.ts';
import { typeOfSia } from '../../../gateway/domain/sia-types.ts';
import type { Instant } from '../../../gateway/domain/time.ts';
import { contactIdText, plain, siaText } from '../../protocols/dc09/data.ts';
import type { Dc09Message } from '../../protocols/dc09/message.ts';
import { timestampText } from '../../protocols/dc09/timestamp.ts';
import type { Dc09Config } from './settings.ts';

export type Told = Pick<Dc09Message, 'token' | 'data' | 'extended'>;

/** What is said of it: both codes, so that the format decides last. */
interface Saying {
  /** Contact ID: 1 new or opening, 3 restore or closing; and the event code. */
  readonly contactId: string;
  readonly sia: string;
  readonly number: string;
  readonly partition: string;
  readonly text: string;
  readonly occurredAt?: Instant;
  readonly location?: AlarmRaised['location'];
}

/** General alarm, and an untyped one: of what has no code of its own. The text says what it is. */
const general = { contactId: '140', raise: 'UA', restore: 'UH' } as const;
/** System trouble. */
const trouble = { contactId: '300', raise: 'YP', restore: 'YQ' } as const;
const manualTest = { contactId: '601', sia: 'RX' } as const;
/** Older than this when it is told, its own time is told beside. */
const late = 60_000;
/** A frame has room for 4,095 bytes, twice that many digits where it is encrypted. */
const mostText = 120;

/** Undefined: nothing that a receiver takes. */
export function toldOf(event: DomainEvent, settings: Dc09Config, now: Instant): Told | undefined {
  const saying = sayingOf(event, settings);
  if (!saying) return undefined;
  const { number, partition, text, occurredAt, location } = saying;
  const extended = [
    ...(occurredAt !== undefined && now - occurredAt > late ? [`H${timestampText(occurredAt).slice(1)}`] : []),
    ...(location ? [`X${location.longitude.toFixed(5)}`, `Y${location.latitude.toFixed(5)}`] : []),
    ...textOf(text, settings.texts),
  ];
  if (settings.format === 'contact-id') {
    return { token: 'ADM-CID', data: contactIdText(settings.account, { code: saying.contactId, partition, number }), extended };
  }
  return { token: 'SIA-DCS', data: siaText(settings.account, { code: saying.sia, number, area: String(Number(partition)) }), extended };
}

function textOf(text: string, texts: Dc09Config['texts']): readonly string[] {
  if (texts === 'none') return [];
  const written = texts === 'ascii' ? text.replaceAll(/[^\p{ASCII}]+/gu, ' ').replaceAll(/ {2,}/g, ' ') : text;
  // UTF-8 in a text of bytes.
  return [`I${Buffer.from([...plain(written)].slice(0, mostText).join('')).toString('latin1')}`];
}

function sayingOf(event: DomainEvent, settings: Dc09Config): Saying | undefined {
  switch (event.kind) {
    case 'alarm.raised':
    case 'alarm.restored':
      return alarmSaying(event, settings);
    case 'arming.changed': {
      const armed = event.mode !== 'disarmed';
      // Inverted: a closing is Q3.
      const codes = { contactId: armed ? (event.mode === 'home' ? '3441' : '3401') : '1401', sia: armed ? 'CL' : 'OP' };
      const text = `${armed ? '布防 armed' : '撤防 disarmed'} ${event.panel} ${event.mode}`;
      return { ...codes, number: digits(event.user), partition: digits(event.partition, 2), text };
    }
    case 'test.sent':
      return { contactId: '1602', sia: 'RP', number: '000', partition: '00', text: '[测试 TEST] 定期测试 periodic test' };
    case 'fault.raised':
      return { ...codesOf(trouble, true), number: '000', partition: '00', text: `${event.sentence.zh} ${event.sentence.en} ${event.subject}` };
    case 'fault.cleared':
      return { ...codesOf(trouble, false), number: '000', partition: '00', text: `恢复 cleared: ${event.fault} ${event.subject}` };
    case 'camera.gap':
    case 'alarm.acknowledged':
    case 'alarm.progressed':
    case 'alarm.escalated':
    case 'alarm.flood':
    case 'panel.gap':
    case 'evidence.begun':
    case 'evidence.kept':
    case 'evidence.removed':
    case 'evidence.fetched':
    case 'command.ordered':
    case 'command.ended':
    case 'panel.tested':
    case 'broker.gap':
      return undefined;
  }
}

function alarmSaying(event: AlarmRaised | AlarmRestored, { zones, drills }: Dc09Config): Saying | undefined {
  const { type, panel, zone, zoneName, partition, drill, test, location, clockTrust, occurredAt, receivedAt } = event;
  const rehearsed = drill || test;
  if (rehearsed && drills === 'not-sent') return undefined;
  const mapped = zones[`${panel}/${zone}`];
  const title = titleOf(type);
  const active = event.kind === 'alarm.raised';
  const mark = `${drill ? '[演练 DRILL] ' : test ? '[测试 TEST] ' : ''}`;
  return {
    ...(rehearsed ? { contactId: `${active ? 1 : 3}${manualTest.contactId}`, sia: manualTest.sia } : codesOf(codesOfType(event), active)),
    number: mapped === undefined ? digits(zone) : String(mapped).padStart(3, '0'),
    partition: digits(partition, 2),
    text: `${mark}${title.zh} ${title.en} ${panel}/${zoneName}`,
    occurredAt: clockTrust === 'ok' && occurredAt !== undefined ? occurredAt : receivedAt,
    ...(location === undefined ? {} : { location }),
  };
}

interface Codes {
  readonly contactId: string;
  readonly raise: string;
  readonly restore: string;
}

function codesOf({ contactId, raise, restore }: Codes, active: boolean): { readonly contactId: string; readonly sia: string } {
  return { contactId: `${active ? 1 : 3}${contactId}`, sia: active ? raise : restore };
}

/** The code that the panel itself sent, where it means this type; else the first of the type. */
function codesOfType({ type, source }: AlarmRaised | AlarmRestored): Codes {
  const row = rowOf(type);
  const [, own] = /^[136]([0-9A-F]{3})$/.exec(source.code) ?? [];
  const sent = /^[A-Z]{2}$/.test(source.code) ? source.code : undefined;
  const [, unknown] = /^unknown\.([0-9A-F]{3})$/.exec(type) ?? [];
  return {
    contactId: own !== undefined && typeOfContactId(own) === type ? own : (row?.contactId[0] ?? unknown ?? general.contactId),
    raise: siaCode(row, 'raise', sent, type) ?? general.raise,
    restore: siaCode(row, 'restore', sent, type) ?? general.restore,
  };
}

function siaCode(row: AlarmTypeRow | undefined, side: 'raise' | 'restore', sent: string | undefined, type: string): string | undefined {
  const meaning = sent === undefined ? undefined : typeOfSia(sent);
  const fits = meaning?.type === type && meaning.active === (side === 'raise');
  return fits ? sent : row?.sia[side][0];
}

/** The last digits of an id, as many as fit; zeros where it has none. */
function digits(text: string | undefined, length = 3): string {
  const found = /(\d{1,9})\D*$/.exec(text ?? '')?.[1] ?? '0';
  const number = Number(found);
  return number < 10 ** length ? String(number).padStart(length, '0') : '0'.repeat(length);
}

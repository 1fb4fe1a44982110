/**
 * An event of the journal as an Alarm notify (GB/T 28181-2022 A.2.5.2). What the standard has no element for stands in the description: first marks for
 * people, then what it is and where, then the event id and the true times in brackets that a program can find again.
 */
import { titleOf } from '../../../../gateway/domain/alarm-types.ts';
import type { Inventory } from '../../../../gateway/domain/campus.ts';
import type { AlarmRaised, AlarmRestored, DomainEvent, FaultRaised } from '../../../../gateway/domain/event.ts';
import { zonePath } from '../../../../gateway/domain/health.ts';
import { after, hours, type Instant, isoOf } from '../../../../gateway/domain/time.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { type GbSettings, mayShow, mayShowZone } from '../settings.ts';
import { kindOfAlarm, kindOfFault } from './mapping.ts';

export type AlarmNotice = Extract<ManscdpMessage, { readonly root: 'Notify'; readonly cmdType: 'Alarm' }>;

/** Characters of names in a description, so that a datagram holds it. */
const mostText = 80;

export interface Naming {
  readonly settings: GbSettings;
  readonly inventory: Inventory;
}

/** `sn` is the event's place in the journal: the same at each repeat, and after a restart. Undefined: no alarm for a platform. */
export function noticeOf(event: DomainEvent, sn: number, naming: Naming): AlarmNotice | undefined {
  switch (event.kind) {
    case 'alarm.raised':
    case 'alarm.restored':
      return alarmNotice(event, sn, naming);
    case 'fault.raised':
      return faultNotice(event, sn, naming);
    case 'camera.gap':
    case 'alarm.acknowledged':
    case 'alarm.progressed':
    case 'alarm.escalated':
    case 'alarm.flood':
    case 'arming.changed':
    case 'panel.gap':
    case 'evidence.begun':
    case 'evidence.kept':
    case 'evidence.removed':
    case 'evidence.fetched':
    case 'command.ordered':
    case 'command.ended':
    case 'test.sent':
    case 'panel.tested':
    case 'broker.gap':
    case 'fault.cleared':
      return undefined;
  }
}

function alarmNotice(event: AlarmRaised | AlarmRestored, sn: number, naming: Naming): AlarmNotice {
  const { settings, inventory } = naming;
  const kind = kindOfAlarm(event.type, event.severity, settings.alarms.mapping);
  const place = inventory.places.find(({ id }) => id === event.place)?.name;
  const at = trueTime(event);
  const marks = [
    event.drill ? '[演练]' : '',
    event.test ? '[测试]' : '',
    event.kind === 'alarm.restored' ? '[恢复]' : '',
    event.historical ? '[补报]' : '',
  ].join('');
  // The panel's clock is wrong: whoever compares papers later needs both times.
  const panelTime = event.clockTrust === 'skewed' && event.occurredAt !== undefined ? `[主机 ${beijing(event.occurredAt)}]` : '';
  const text = [titleOf(event.type).zh, event.zoneName, place].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    ...{ root: 'Notify', cmdType: 'Alarm', sn },
    deviceId: alarmCode(event, settings),
    content: {
      alarmPriority: kind.priority,
      alarmMethod: kind.method,
      alarmTime: at,
      alarmDescription: `${marks}${[...text].slice(0, mostText).join('')} [事件 ${event.id}][时间 ${beijing(at)}]${panelTime}`,
      ...(event.location ?? {}),
      ...(kind.type === undefined ? {} : { info: { alarmType: String(kind.type) } }),
    },
  };
}

/** The event that a description of ours names. */
export function eventIn(description = ''): string | undefined {
  return /\[事件 ([0-9a-f-]{36})\]/.exec(description)?.[1];
}

function faultNotice(event: FaultRaised, sn: number, { settings, inventory }: Naming): AlarmNotice {
  const kind = kindOfFault(event.fault);
  const known = inventory.channels.filter((channel) => mayShow(settings, channel) && settings.codes.channels[channel.id] !== undefined);
  const channel = known.find(({ camera }) => camera === event.subject)?.id;
  const text = [...event.sentence.zh].slice(0, mostText).join('');
  return {
    ...{ root: 'Notify', cmdType: 'Alarm', sn },
    deviceId: (channel && settings.codes.channels[channel]) ?? settings.codes.device,
    content: {
      alarmPriority: kind.priority,
      alarmMethod: kind.method,
      alarmTime: event.receivedAt,
      alarmDescription: `[故障]${text} [事件 ${event.id}][时间 ${beijing(event.receivedAt)}]`,
      ...(kind.type === undefined ? {} : { info: { alarmType: String(kind.type) } }),
    },
  };
}

/** Its own code; else that of a channel which looks at it; else the gateway's: an alarm without a code, or of what is not shared, is still an alarm. */
function alarmCode({ panel, zone, channels }: AlarmRaised | AlarmRestored, settings: GbSettings): string {
  const { codes } = settings;
  const looking = channels.filter((id) => mayShow(settings, { id })).map((id) => codes.channels[id]);
  const path = zonePath(panel, zone);
  const own = mayShowZone(settings, path, channels) ? codes.zones[path] : undefined;
  return own ?? looking.find((code) => code !== undefined) ?? codes.device;
}

/** When it happened, by the clock that is to be believed. */
function trueTime({ occurredAt, receivedAt, clockTrust }: AlarmRaised | AlarmRestored): Instant {
  return clockTrust === 'ok' && occurredAt !== undefined ? occurredAt : receivedAt;
}

/** `2026-01-01 08:00:00.123`, as all times of GB/T 28181. */
const beijing = (at: Instant): string =>
  isoOf(after(at, hours(8)))
    .slice(0, 23)
    .replace('T', ' ');

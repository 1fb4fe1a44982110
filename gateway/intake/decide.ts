/** Pure: what a report of a panel means, given the inventory. */
import type { Inventory } from '../domain/campus.ts';
import type { Mandate, PanelCommand } from '../domain/command.ts';
import {
  type AlarmRaised,
  type AlarmRestored,
  type ArmingChanged,
  type Carriage,
  type ClockTrust,
  type CommandOrdered,
  mostEvidence,
} from '../domain/event.ts';
import { evidenceLinks } from '../domain/evidence.ts';
import type { ChannelId, EventId, PanelId, PlaceId } from '../domain/ids.ts';
import type { Report } from '../domain/report.ts';
import type { RuledReport } from '../domain/site-rules.ts';
import { type Instant, type Millis, seconds } from '../domain/time.ts';

export type ZoneReport = Extract<Report, { kind: 'zone' }>;
export type ArmingReport = Extract<Report, { kind: 'arming' }>;

// In what follows, whatever may be absent stands last: V8 takes forty times as long to add a property after a spread as before one.

/** How a report reached us, beside what it says. */
export interface Arrival {
  readonly id: EventId;
  readonly inventory: Inventory;
  readonly receivedAt: Instant;
  /** For example `mqtt/campus`. */
  readonly protocol: string;
  /** Absent where no message brought it: a state that was kept, a camera's event. */
  readonly carriage?: Carriage;
  /** Stills and clips are kept of alarms. */
  readonly evidence: boolean;
}

const believable: Millis = seconds(60);

/** More than 60 s apart, and not because it waited in the panel: then the panel's clock is wrong (alarm-panels §2.5). */
export function clockTrust(occurredAt: Instant | undefined, receivedAt: Instant, historical: boolean): ClockTrust {
  if (occurredAt === undefined) return 'none';
  return !historical && Math.abs(occurredAt - receivedAt) > believable ? 'skewed' : 'ok';
}

/** Where it is that something was said. */
export interface Whereabouts {
  readonly name: string;
  readonly place?: PlaceId;
  readonly channels: readonly ChannelId[];
}

/** `where`: of what is no zone of a panel. */
export function zoneEvent(
  kind: 'alarm.raised' | 'alarm.restored',
  ruled: RuledReport,
  arrival: Arrival,
  where?: Whereabouts,
): AlarmRaised | AlarmRestored {
  const { id, inventory, receivedAt, protocol, carriage } = arrival;
  const { report, severity, rules } = ruled;
  const zone = where ?? zoneOf(report, inventory);
  const channels = zone?.channels ?? [];
  // Of what is long over there is nothing to be seen any more, and of a test that comes every hour nothing that anybody wants to see.
  const shown = kind === 'alarm.raised' && arrival.evidence && channels.length > 0 && !report.historical && !report.test;
  const place = zone?.place ?? (where ? undefined : panelOf(report, inventory)?.place);
  return {
    kind,
    id,
    campus: inventory.campus.id,
    receivedAt,
    clockTrust: clockTrust(report.deviceTime, receivedAt, report.historical),
    panel: report.device as PanelId,
    zone: report.zone,
    // A zone that nobody entered in the inventory is still somebody in need: it goes out under its number.
    zoneName: zone?.name ?? report.zone,
    // The dialect has seen the zone's own type, and knows when the panel's code must win (typeInZone); the site's rules have been laid over it.
    type: report.type,
    severity,
    drill: report.drill,
    test: report.test,
    historical: report.historical,
    dedupe: report.dedupe,
    channels,
    source: {
      protocol,
      code: report.code,
      raw: evidence(report.raw),
      ...carriage,
      ...(report.text === undefined ? {} : { text: report.text }),
      ...(report.raw.byteLength > mostEvidence ? { rawBytes: report.raw.byteLength } : {}),
      ...(rules.length === 0 ? {} : { rules }),
    },
    ...(report.deviceTime === undefined ? {} : { occurredAt: report.deviceTime }),
    ...(report.sequence === undefined ? {} : { sequence: report.sequence }),
    ...(report.partition === undefined ? {} : { partition: report.partition }),
    ...(place === undefined ? {} : { place }),
    ...(report.location === undefined ? {} : { location: report.location }),
    ...(report.user === undefined ? {} : { user: report.user }),
    ...(report.verification === undefined ? {} : { verification: report.verification }),
    ...(shown ? { evidence: evidenceLinks(id, channels) } : {}),
  };
}

function evidence(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, mostEvidence)).toString('base64');
}

export function armingEvent(report: ArmingReport, { id, inventory, receivedAt }: Arrival): ArmingChanged {
  return {
    kind: 'arming.changed',
    id,
    campus: inventory.campus.id,
    receivedAt,
    clockTrust: clockTrust(report.deviceTime, receivedAt, report.historical ?? false),
    panel: report.device as PanelId,
    partition: report.partition,
    mode: report.mode,
    dedupe: report.dedupe,
    ...(report.historical ? { historical: true } : {}),
    ...(report.first ? { first: true } : {}),
    ...(report.deviceTime === undefined ? {} : { occurredAt: report.deviceTime }),
    ...(report.user === undefined ? {} : { user: report.user }),
    ...(report.sequence === undefined ? {} : { sequence: report.sequence }),
  };
}

/** The member of a command that names a zone is `about` here: the event is not one of that zone. */
export function orderedEvent(
  panel: PanelId,
  command: PanelCommand,
  { by, reason }: Mandate,
  stamp: Pick<CommandOrdered, 'id' | 'campus' | 'receivedAt' | 'clockTrust'>,
): CommandOrdered {
  const { id, op, expires } = command;
  return {
    kind: 'command.ordered',
    ...{ ...stamp, panel, command: id, op, expires, by, reason },
    ...('partition' in command && command.partition !== undefined ? { partition: command.partition } : {}),
    ...('zone' in command ? { about: command.zone } : {}),
    ...('mode' in command && command.mode !== undefined ? { mode: command.mode } : {}),
    ...('on' in command && command.on !== undefined ? { on: command.on } : {}),
  };
}

function panelOf(report: Report, inventory: Inventory) {
  return inventory.panels.find((panel) => panel.id === report.device);
}

function zoneOf(report: ZoneReport, inventory: Inventory) {
  return panelOf(report, inventory)?.zones.find((zone) => zone.id === report.zone);
}

/** An alarm as people see it: what happened, where, and how far it has come. */
import { isOfLife, lifeOf, stepsFrom } from '../../domain/alarm-life.ts';
import type { LifeStep } from '../../domain/alarm-step.ts';
import { titleOf } from '../../domain/alarm-types.ts';
import type { AlarmView, EventView, LifeView, ReceiptView } from '../../domain/api.ts';
import type { User } from '../../domain/campus.ts';
import type { Receipt } from '../../domain/delivery.ts';
import { type AlarmRaised, type JournalEntry, seats } from '../../domain/event.ts';
import type { AlarmRecord } from '../../domain/ports.ts';
import { isoOf } from '../../domain/time.ts';
import type { Names } from './names.ts';

export interface AlarmContext {
  readonly names: Names;
  readonly users: readonly User[];
}

/** Undefined for a record that is not of a raised alarm. */
export function alarmView(record: AlarmRecord, { names, users }: AlarmContext): AlarmView | undefined {
  const { event, position, journalledAt, receipts, deliveries, restoredAt } = record;
  if (event.kind !== 'alarm.raised') return undefined;
  const life = lifeOf(record, record.life);
  const place = names.place(event.place);
  const userName = (id: string) => users.find((user) => user.id === id)?.name ?? id;
  return {
    id: event.id,
    position,
    type: event.type,
    title: titleOf(event.type),
    severity: event.severity,
    panel: event.panel,
    panelName: names.subject(event.panel),
    zone: event.zone,
    zoneName: event.zoneName,
    ...(place === undefined ? {} : { place }),
    channels: event.channels,
    drill: event.drill,
    test: event.test,
    historical: event.historical,
    ...(event.occurredAt === undefined ? {} : { occurredAt: isoOf(event.occurredAt) }),
    clockTrust: event.clockTrust,
    receivedAt: isoOf(event.receivedAt),
    journalledAt: isoOf(journalledAt),
    ...(restoredAt === undefined ? {} : { restoredAt: isoOf(restoredAt) }),
    ...(life.acknowledged ? { acknowledgedAt: isoOf(life.acknowledged.at), acknowledgedBy: userName(life.acknowledged.by) } : {}),
    ...(event.incident === undefined ? {} : { incident: event.incident }),
    ...(event.verification === undefined ? {} : { verification: event.verification }),
    ...(event.confirms === undefined ? {} : { confirms: event.confirms }),
    ...(event.swinger ? { swinger: event.swinger } : {}),
    ...(event.withheld ? { withheld: event.withheld } : {}),
    state: life.state,
    steps: stepsFrom(life.state),
    ...(life.escalated > 0 ? { escalated: life.escalated } : {}),
    ...(life.resolution ? { resolution: { ...life.resolution, by: userName(life.resolution.by), at: isoOf(life.resolution.at) } } : {}),
    timeline: record.life.flatMap((entry) => lifeView(entry, userName)),
    receipts: receipts.map((receipt) => receiptView(receipt, event, { names, userName })),
    deliveries,
  };
}

interface Naming {
  readonly names: Names;
  userName(id: string): string;
}

function receiptView(receipt: Receipt, { panel, clockTrust }: AlarmRaised, { names, userName }: Naming): ReceiptView {
  const { hop, by = '' } = receipt;
  switch (hop) {
    case 'pressed':
      return { ...receipt, path: names.subject(panel), trust: clockTrust };
    case 'received':
      return { ...receipt, path: names.subject(panel) };
    case 'journalled':
      return receipt;
    case 'sent':
    case 'answered':
    case 'confirmed':
    case 'accepted':
      return { ...receipt, path: names.subject(by) };
    case 'acknowledged':
      return { ...receipt, path: userName(by) };
    case 'shown': {
      const [user = '', at] = by.split('@');
      const screen = seats.find((one) => one === at);
      return { ...receipt, path: userName(user), ...(screen === undefined ? {} : { screen }) };
    }
  }
}

function lifeView({ event }: JournalEntry, userName: (id: string) => string): readonly LifeView[] {
  if (!isOfLife(event)) return [];
  const at = isoOf(event.receivedAt);
  if (event.kind === 'alarm.escalated') return [{ at, level: event.level, to: event.to, waiting: event.waiting }];
  const step: LifeStep = event.kind === 'alarm.acknowledged' ? { name: 'acknowledged' } : event.step;
  return [{ at, by: userName(event.by), ...(event.seat === undefined ? {} : { seat: event.seat }), step }];
}

export function eventView({ position, journalledAt, event }: JournalEntry): EventView {
  return { position, journalledAt: isoOf(journalledAt), event };
}

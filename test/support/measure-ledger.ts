/** Compares what panels pressed with what reached the police side, by (panel, boot, seq). Pure: the chaos bench's own honesty is tested on it. */
import type { AlarmRaised, DomainEvent } from '../../gateway/domain/event.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import type { LedgerRow } from '../../simulators/platform/ledger.ts';
import { type Kill, type Repeats, repeatsIn, type Sent } from './measure-repeats.ts';

export interface Press {
  readonly panel: string;
  readonly boot: string;
  readonly seq: number;
  readonly zone: string;
  readonly type: string;
  /** Epoch ms, as the panel says it. */
  readonly at: number;
  /** Monotonic ms of this process. */
  readonly pressedAt: number;
}

export interface Arrival {
  readonly row: LedgerRow;
  /** Monotonic ms of this process. */
  readonly at: number;
  readonly kind: DomainEvent['kind'] | 'unreadable';
  /** Of an `alarm.raised`: the press that it says it is; absent where it names none. */
  readonly press?: string;
  readonly alarm?: Pick<AlarmRaised, 'panel' | 'zone' | 'type' | 'occurredAt'>;
}

export const pressKey = ({ panel, boot, seq }: { readonly panel: string; readonly boot: string; readonly seq: number }) => `${panel}|${boot}|${seq}`;

/** `eventOf` takes any JSON: this process believes nothing that it cannot compare. */
export function readArrival(row: LedgerRow, at: number): Arrival {
  const event = eventOf(row.body) as Partial<AlarmRaised> | undefined;
  if (event?.kind === undefined) return { row, at, kind: 'unreadable' };
  if (event.kind !== 'alarm.raised') return { row, at, kind: event.kind };
  const { panel, zone, type, occurredAt, sequence } = event;
  if (panel === undefined || zone === undefined || type === undefined) return { row, at, kind: 'unreadable' };
  return {
    ...{ row, at, kind: event.kind },
    ...(sequence === undefined ? {} : { press: pressKey({ panel, ...sequence }) }),
    alarm: { panel, zone, type, ...(occurredAt === undefined ? {} : { occurredAt }) },
  };
}

export interface Comparing {
  readonly presses: readonly Press[];
  /** Keys of the presses that a PUBACK came for. */
  readonly acknowledged: readonly string[];
  readonly arrivals: readonly Arrival[];
  /** Every delivery that began to come in, in order. */
  readonly sent: readonly Sent[];
  readonly kills: readonly Kill[];
  /** Deliveries in flight at once, at most. */
  readonly window: number;
}

export interface Comparison extends Repeats {
  readonly acknowledgedAndAbsent: number;
  readonly pressedAndAbsent: number;
  /** Alarms that nobody pressed, or with another zone or type than was pressed. */
  readonly phantom: number;
  /** Arrivals whose body is not, byte for byte, that of the event's first. */
  readonly changedBodies: number;
  /** Presses that went out under more than one event id: an operator would see two alarms. */
  readonly shownTwice: number;
  readonly changedTimes: number;
  /** First arrivals that came before an earlier press of the same panel and zone. */
  readonly outOfOrder: number;
  /** `panel.gap` events: the panels here lose nothing. */
  readonly falseGaps: number;
  readonly badSignatures: number;
  readonly unreadable: number;
}

export function compareLedger({ presses, acknowledged, arrivals, ...wire }: Comparing): Comparison {
  const pressed = new Map(presses.map((press, index) => [pressKey(press), { press, index }]));
  const alarms = arrivals.filter(({ kind }) => kind === 'alarm.raised');
  const present = new Set(alarms.flatMap(({ press, row }) => (press !== undefined && row.answer === 'accepted' ? [press] : [])));
  const genuine = (arrival: Arrival) => {
    const known = arrival.press === undefined ? undefined : pressed.get(arrival.press)?.press;
    return known !== undefined && known.zone === arrival.alarm?.zone && known.type === arrival.alarm.type;
  };
  const ids = new Map<string, Set<string>>();
  for (const { press, row } of alarms) if (press !== undefined) ids.set(press, (ids.get(press) ?? new Set()).add(row.eventId));
  const first = new Map<string, Arrival>();
  for (const arrival of alarms) if (arrival.press !== undefined && !first.has(arrival.press)) first.set(arrival.press, arrival);
  return {
    acknowledgedAndAbsent: acknowledged.filter((key) => !present.has(key)).length,
    pressedAndAbsent: presses.filter((press) => !present.has(pressKey(press))).length,
    phantom: alarms.filter((arrival) => !genuine(arrival)).length,
    ...repeatsIn(wire),
    changedBodies: changedBodies(arrivals),
    shownTwice: [...ids.values()].filter(({ size }) => size > 1).length,
    changedTimes: alarms.filter(({ press, alarm }) => press !== undefined && pressed.get(press)?.press.at !== alarm?.occurredAt).length,
    outOfOrder: outOfOrder([...first].flatMap(([key]) => pressed.get(key) ?? [])),
    falseGaps: new Set(arrivals.filter(({ kind }) => kind === 'panel.gap').map(({ row }) => row.eventId)).size,
    badSignatures: arrivals.filter(({ row }) => row.signatureOk === false).length,
    unreadable: arrivals.filter(({ kind }) => kind === 'unreadable').length,
  };
}

function changedBodies(arrivals: readonly Arrival[]): number {
  const first = new Map<string, string>();
  let count = 0;
  for (const { row } of arrivals) {
    const body = first.get(row.eventId) ?? row.body;
    first.set(row.eventId, body);
    if (row.body !== body) count += 1;
  }
  return count;
}

function outOfOrder(firsts: readonly { readonly press: Press; readonly index: number }[]): number {
  const latest = new Map<string, number>();
  let count = 0;
  for (const { press, index } of firsts) {
    const lane = `${press.panel}|${press.zone}`;
    const before = latest.get(lane) ?? -1;
    if (index < before) count += 1;
    latest.set(lane, Math.max(before, index));
  }
  return count;
}

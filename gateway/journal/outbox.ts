/** Deliveries that are owed. What waits is in the file; only what is under way is remembered here, so that nothing leaves twice at once. */
import type { Database } from 'better-sqlite3';
import type { Delivery, Receipt } from '../domain/delivery.ts';
import { GatewayError } from '../domain/errors.ts';
import type { EventKind } from '../domain/event.ts';
import type { EventId, UplinkId } from '../domain/ids.ts';
import type { Outbox } from '../domain/outbox.ts';
import { instant, isoOf, type Millis, seconds } from '../domain/time.ts';
import type { Bell } from './bell.ts';
import { type HopSpan, spanOf } from './hop-spans.ts';
import type { Operation, Outcome, ReceiptRow } from './operation.ts';

/** Whoever pressed within this time may still be helped by seconds: he waits for no panic that an outage has left. */
const pressedJustNow: Millis = seconds(60);
/** Of one uplink, this many refused ones are tried at once at most: they must never crowd out what has not been tried. */
const refusedAtOnce = 4;

interface DueRow {
  readonly position: number;
  readonly rank: number;
}
interface DeliveryRow {
  readonly id: EventId;
  readonly kind: Delivery['kind'];
  readonly journalled_at: number;
  readonly body: string;
  readonly link: string | null;
  readonly lane: string;
  readonly rank: number;
  readonly attempts: number;
  readonly refusals: number;
}
interface Claim {
  readonly delivery: Delivery;
  readonly refused: boolean;
}

export interface OutboxOptions {
  readonly database: Database;
  readonly submit: (operation: Operation) => Promise<Outcome>;
  /** Rung after each commit that owes this uplink something new. */
  readonly bell: (uplink: UplinkId) => Bell;
  /** Told of each hop that is journalled with a delivery. */
  readonly tell: (spans: readonly HopSpan[]) => void;
}

// `LIMIT +?`: see the reader.
const statements = {
  waiting: 'SELECT head AS position, rank FROM lane WHERE uplink = ? AND next_at <= ? ORDER BY rank, head LIMIT +?',
  time: 'SELECT journalled_at FROM event WHERE position = ?',
  newest: `SELECT head AS position, journalled_at FROM lane JOIN event ON position = head
    WHERE uplink = ? AND rank = 0 AND next_at <= ? ORDER BY head DESC LIMIT +?`,
  refused: `SELECT position, rank FROM delivery WHERE uplink = ? AND state = 'refused' AND next_at <= ? ORDER BY next_at LIMIT +?`,
  delivery: `SELECT e.id, e.kind, e.journalled_at, e.body, e.link, d.lane, d.rank, d.attempts, d.refusals
    FROM delivery d JOIN event e USING (position) WHERE d.uplink = ? AND d.position = ?`,
  firstOwed: `SELECT min(position) AS position FROM (
    SELECT min(head) AS position FROM lane WHERE uplink = ? UNION ALL SELECT min(position) FROM delivery WHERE uplink = ? AND state = 'refused')`,
  owedAfter: `SELECT d.position, e.kind FROM delivery d JOIN event e USING (position)
    WHERE d.uplink = ? AND d.position > ? AND d.state <> 'accepted' ORDER BY d.position LIMIT +?`,
  standIns: 'SELECT DISTINCT position FROM stand_in WHERE uplink = ? ORDER BY position LIMIT +?',
  nextWaiting: 'SELECT head AS position, next_at FROM lane WHERE uplink = ? ORDER BY next_at LIMIT +?',
  nextRefused: `SELECT position, next_at FROM delivery WHERE uplink = ? AND state = 'refused' ORDER BY next_at LIMIT +?`,
} as const;

/** Deliveries that one operation makes or unmakes: one COMMIT stays short. */
const standInsAtOnce = 200;

interface OwedRow {
  readonly position: number;
  readonly kind: EventKind;
}

export function openOutbox({ database, submit, bell, tell }: OutboxOptions): Outbox {
  const waiting = database.prepare<[string, number, number], DueRow>(statements.waiting);
  const time = database.prepare<[number], Pick<DeliveryRow, 'journalled_at'>>(statements.time);
  const newest = database.prepare<[string, number, number], Pick<DeliveryRow, 'journalled_at'> & Pick<DueRow, 'position'>>(statements.newest);
  const refused = database.prepare<[string, number, number], DueRow>(statements.refused);
  const find = database.prepare<[string, number], DeliveryRow>(statements.delivery);
  const nextWaiting = database.prepare<[string, number], { position: number; next_at: number }>(statements.nextWaiting);
  const nextRefused = database.prepare<[string, number], { position: number; next_at: number }>(statements.nextRefused);
  const firstOwed = database.prepare<[string, string], { position: number | null }>(statements.firstOwed);
  const owedAfter = database.prepare<[string, number, number], OwedRow>(statements.owedAfter);
  const standIns = database.prepare<[string, number], { position: number }>(statements.standIns);
  const claims = new Map<UplinkId, Map<number, Claim>>();

  const claimsOf = (uplink: UplinkId): Map<number, Claim> => {
    const found = claims.get(uplink) ?? new Map<number, Claim>();
    claims.set(uplink, found);
    return found;
  };
  /** Only the claim that this very delivery holds: an older copy must not free a newer one. */
  const release = (delivery: Delivery): void => {
    const held = claimsOf(delivery.uplink);
    if (held.get(delivery.position)?.delivery === delivery) held.delete(delivery.position);
  };

  /** Resolves after the COMMIT. */
  const settle = async (operation: Operation, delivery: Delivery, receipts: readonly Receipt[]): Promise<void> => {
    const outcome = await submit(operation);
    if (outcome.kind !== 'done') throw notTaken(outcome, delivery);
    tell(receipts.filter(({ hop }) => outcome.first?.includes(hop)).flatMap((receipt) => spanOf(receipt, delivery.journalledAt)));
  };

  const hold = async (
    kind: 'postpone' | 'refuse',
    delivery: Delivery,
    reason: string,
    until: number,
    receipts: readonly Receipt[] = [],
  ): Promise<void> => {
    const { uplink, position } = delivery;
    const refusals = (delivery.refusals ?? 0) + (kind === 'refuse' ? 1 : 0);
    const tried = { attempts: delivery.attempts + 1, refusals, reason: reason.slice(0, 500), receipts: receipts.map(receiptRow) };
    try {
      await settle({ kind, uplink, position, until, ...tried }, delivery, receipts);
    } finally {
      // Not journalled means: due as before. That is safe, so the claim ends either way.
      release(delivery);
    }
  };

  /** First in line of each lane, panic and fire before all else. Where they alone are more than are asked for, and old, those of just now go first. */
  const inLine = (uplink: UplinkId, most: number, now: number): readonly DueRow[] => {
    const justNow = (at: number) => now - at < pressedJustNow;
    const first = waiting.all(uplink, now, most);
    const [oldest] = first;
    if (!oldest || first.length < most || first.at(-1)?.rank !== 0 || justNow(time.get(oldest.position)?.journalled_at ?? 0)) return first;
    const fresh = newest.all(uplink, now, most).filter(({ journalled_at }) => justNow(journalled_at));
    const positions = new Set(fresh.map(({ position }) => position));
    return [...fresh.map(({ position }) => ({ position, rank: -1 })), ...first.filter(({ position }) => !positions.has(position))];
  };

  return {
    claim: (uplink, limit, now) => {
      const held = claimsOf(uplink);
      const room = refusedAtOnce - [...held.values()].filter((claim) => claim.refused).length;
      const free = ({ position }: DueRow) => !held.has(position);
      const due = [
        ...inLine(uplink, limit + held.size, now)
          .filter(free)
          .map(({ position, rank }) => ({ position, rank, refused: false })),
        ...(room > 0
          ? refused
              .all(uplink, now, room + held.size)
              .filter(free)
              .slice(0, room)
              .map(({ position, rank }) => ({ position, rank, refused: true }))
          : []),
      ].sort((a, b) => a.rank - b.rank || a.position - b.position);
      return due.slice(0, limit).map(({ position, refused }) => {
        const delivery = deliveryOf(uplink, position, find.get(uplink, position)!);
        held.set(position, { delivery, refused });
        return delivery;
      });
    },
    acknowledge: async (delivery, receipts) => {
      const { uplink, position } = delivery;
      // Where this rejects the claim stays: the far side has it, so it must not leave again; the caller tells us again.
      await settle({ kind: 'accept', uplink, position, receipts: receipts.map(receiptRow) }, delivery, receipts);
      release(delivery);
    },
    postpone: (delivery, reason, until, receipts) => hold('postpone', delivery, reason, until, receipts),
    refuse: (delivery, reason, until, receipts) => hold('refuse', delivery, reason, until, receipts),
    nextDue: (uplink) => {
      const held = claimsOf(uplink);
      const times = [...nextWaiting.all(uplink, held.size + 1), ...nextRefused.all(uplink, held.size + 1)]
        .filter(({ position }) => !held.has(position))
        .map(({ next_at }) => next_at);
      return times.length === 0 ? undefined : instant(Math.min(...times));
    },
    nextInLine: (uplink) => {
      const held = claimsOf(uplink);
      const first = nextWaiting.all(uplink, held.size + 1).find(({ position }) => !held.has(position));
      return first && instant(first.next_at);
    },
    standIn: async ({ backup, primary, kinds, after }) => {
      const first = firstOwed.get(primary, primary)?.position ?? undefined;
      if (first === undefined) return { through: after, more: false };
      const owed = owedAfter.all(primary, Math.max(after, first - 1), standInsAtOnce);
      const positions = owed.filter(({ kind }) => kinds.has(kind)).map(({ position }) => position);
      if (positions.length > 0) expectDone(await submit({ kind: 'stand-in', uplink: backup, primary, positions }), backup);
      return { through: owed.at(-1)?.position ?? after, more: owed.length === standInsAtOnce };
    },
    withdraw: async (backup) => {
      const positions = standIns.all(backup, standInsAtOnce).map(({ position }) => position);
      if (positions.length > 0) expectDone(await submit({ kind: 'withdraw', uplink: backup, positions }), backup);
      return positions.length > 0;
    },
    arrival: (uplink, signal) => bell(uplink).next(signal),
  };
}

export function receiptRow(receipt: Receipt): ReceiptRow {
  return { hop: receipt.hop, at: receipt.at, by: receipt.by ?? '', proof: receipt.proof ?? null };
}

function deliveryOf(uplink: UplinkId, position: number, row: DeliveryRow): Delivery {
  const journalledAt = instant(row.journalled_at);
  const link = row.link === null ? '' : `"link":"${row.link}",`;
  return {
    uplink,
    event: row.id,
    position,
    journalledAt,
    // Written by hand, around the event's text as stored: a repeat is the same, byte for byte, whatever a later build would make of it.
    body: `{"version":1,"position":${position},"journalledAt":"${isoOf(journalledAt)}",${link}"event":${row.body}}`,
    kind: row.kind,
    lane: row.lane,
    rank: row.rank,
    attempts: row.attempts,
    ...(row.refusals > 0 ? { refusals: row.refusals } : {}),
  };
}

function expectDone(outcome: Outcome, backup: UplinkId): void {
  if (outcome.kind === 'done') return;
  throw new GatewayError('JOURNAL_UNAVAILABLE', `The journal did not take for whom backup ${backup} stands in.`, { context: { uplink: backup } });
}

function notTaken(outcome: Outcome, delivery: Delivery): GatewayError {
  return new GatewayError('JOURNAL_UNAVAILABLE', `The journal did not take the outcome of delivery ${delivery.position} to ${delivery.uplink}.`, {
    context: { uplink: delivery.uplink, position: delivery.position, outcome: outcome.kind },
    cause: outcome.kind === 'rejected' ? new Error(outcome.message) : undefined,
  });
}

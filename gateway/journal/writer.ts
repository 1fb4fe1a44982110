/** The one writer: applies a batch of operations in one transaction. Synchronous; lives in the journal's thread. */
import type { Database } from 'better-sqlite3';
import { linkOf } from './chain.ts';
import type { EventRow, Operation, Outcome, ReceiptRow } from './operation.ts';
import { type LaneBook, openStandIns } from './stand-ins.ts';

export interface Writer {
  /** All of the batch, or nothing of it: throws if the COMMIT fails. An operation that makes no sense is rejected alone. */
  commit(operations: readonly Operation[], at: number): readonly Outcome[];
  /** The last place in the durable order; 0 when empty. */
  position(): number;
}

interface FirstRow {
  readonly position: number;
  readonly journalled_at: number;
  readonly body: string;
}
interface DeliveryRow {
  readonly lane: string;
  readonly rank: number;
  readonly state: 'pending' | 'refused' | 'accepted';
  readonly kind: string;
  readonly covered_by: string | null;
}

/** How many refused deliveries become due when one of them is accepted after all. Those that are wanted call the next along. */
const calledAlong = 4;

/** Errors of the disk or the file: these end the whole batch, and the connection. */
function endsConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|READONLY|CANTOPEN|BUSY|LOCKED|NOMEM|PROTOCOL|AUTH|PERM|INTERNAL)/.test(code);
}

export function openWriter(database: Database, beforeCommit: () => void = () => undefined): Writer {
  const findFirst = database.prepare<[string], FirstRow>('SELECT position, journalled_at, body FROM event WHERE dedupe = ?');
  const findEvent = database.prepare<[string], { position: number; lane: string; journalled_at: number }>(
    'SELECT position, lane, journalled_at FROM event WHERE id = ?',
  );
  const addEvent = database.prepare(
    `INSERT INTO event (id, dedupe, kind, journalled_at, lane, panel, zone, type, boot, seq, about, body, link)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addReceipt = database.prepare('INSERT INTO receipt (position, hop, by, at, proof) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const openAlarm = database.prepare('INSERT OR IGNORE INTO open_alarm (position) VALUES (?)');
  const closeAlarm = database.prepare('DELETE FROM open_alarm WHERE position = ?');
  const raiseFault = database.prepare('INSERT OR REPLACE INTO standing_fault (fault, subject, id, position) VALUES (?, ?, ?, ?)');
  const clearFault = database.prepare('DELETE FROM standing_fault WHERE id = ?');
  const keepEvidence = database.prepare('INSERT OR REPLACE INTO standing_evidence (id, position) VALUES (?, ?)');
  const dropEvidence = database.prepare('DELETE FROM standing_evidence WHERE id = ?');
  const addDelivery = database.prepare(
    `INSERT INTO delivery (uplink, position, lane, rank, state, attempts, refusals, next_at) VALUES (?, ?, ?, ?, 'pending', 0, 0, ?)`,
  );
  const joinLane = database.prepare(
    `INSERT INTO lane (uplink, lane, rank, head, next_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (uplink, lane) DO UPDATE SET rank = min(rank, excluded.rank)`,
  );
  const tally = database.prepare(
    `INSERT INTO tally (uplink, pending, refused, accepted, alarms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (uplink) DO UPDATE SET pending = pending + excluded.pending, refused = refused + excluded.refused,
       accepted = accepted + excluded.accepted, alarms = alarms + excluded.alarms`,
  );
  const findDelivery = database.prepare<[string, number], DeliveryRow>(
    'SELECT d.lane, d.rank, d.state, d.covered_by, e.kind FROM delivery d JOIN event e USING (position) WHERE d.uplink = ? AND d.position = ?',
  );
  const acceptDelivery = database.prepare(
    `UPDATE delivery SET state = 'accepted', attempts = attempts + 1, reason = NULL, covered_by = NULL WHERE uplink = ? AND position = ?`,
  );
  const holdDelivery = database.prepare(
    'UPDATE delivery SET state = ?, attempts = ?, refusals = ?, reason = ?, next_at = ? WHERE uplink = ? AND position = ?',
  );
  // INDEXED BY: the planner would rather walk the whole line by position (seen: 91 a second of 100,000; with it thousands).
  // The ranks are three: three seeks find the first in line, one more the best rank, however many wait in the lane.
  const findHead = database.prepare<[string, string, number], { position: number; next_at: number }>(
    `SELECT position, next_at FROM delivery INDEXED BY delivery_in_line WHERE uplink = ? AND lane = ? AND rank = ? AND state = 'pending' ORDER BY position LIMIT 1`,
  );
  const bringForward = database.prepare(
    `UPDATE delivery SET next_at = :at WHERE uplink = :uplink AND position IN (
       SELECT position FROM delivery INDEXED BY delivery_refused_in_line
       WHERE uplink = :uplink AND state = 'refused' AND next_at > :at ORDER BY rank, position LIMIT +:count)`,
  );
  const setLane = database.prepare('UPDATE lane SET rank = ?, head = ?, next_at = ? WHERE uplink = ? AND lane = ?');
  const leaveLane = database.prepare('DELETE FROM lane WHERE uplink = ? AND lane = ?');
  const eventAt = database.prepare<[number], { one: 1 }>('SELECT 1 AS one FROM event WHERE position = ?');
  const lastPosition = database.prepare<[], { position: number }>('SELECT coalesce(max(position), 0) AS position FROM event');
  const lastLink = database.prepare<[], { link: string | null }>('SELECT link FROM event WHERE position = (SELECT max(position) FROM event)');
  /** Link of the event before the next one; read anew in each transaction, so that one that was rolled back leaves nothing behind. */
  let newest: string | null = null;

  const settleLane = (uplink: string, lane: string): void => {
    let best: number | undefined;
    let head: { position: number; next_at: number } | undefined;
    for (const rank of [0, 1, 2]) {
      const first = findHead.get(uplink, lane, rank);
      if (!first) continue;
      best ??= rank;
      if (!head || first.position < head.position) head = first;
    }
    if (head) setLane.run(best, head.position, head.next_at, uplink, lane);
    else leaveLane.run(uplink, lane);
  };

  const owe: LaneBook['owe'] = (uplink, { position, lane, rank }, at) => {
    addDelivery.run(uplink, position, lane, rank, at);
    joinLane.run(uplink, lane, rank, position, at);
    tally.run(uplink, 1, 0, 0, 0);
  };
  const settled: LaneBook['settled'] = (uplink, { lane, state }) => {
    const pending = state === 'pending';
    tally.run(uplink, pending ? -1 : 0, pending ? 0 : -1, 0, 0);
    if (pending) settleLane(uplink, lane);
  };
  const standIns = openStandIns(database, {
    owe: (uplink, delivery, at) => {
      owe(uplink, delivery, at);
      settleLane(uplink, delivery.lane); // it may be older than what is in line already
    },
    settled,
  });

  /** True: it is the first of its hop. */
  const keep = (position: number, receipt: ReceiptRow): boolean => {
    const { changes } = addReceipt.run(position, receipt.hop, receipt.by, receipt.at, receipt.proof);
    if (receipt.hop === 'acknowledged') closeAlarm.run(position);
    return changes === 1;
  };

  const keepAll = (position: number, receipts: readonly ReceiptRow[]): readonly string[] =>
    receipts.filter((receipt) => keep(position, receipt)).map(({ hop }) => hop);

  const record = (event: EventRow, uplinks: readonly string[], at: number): Outcome => {
    const first = findFirst.get(event.dedupe);
    if (first) return { kind: 'recorded', position: first.position, journalledAt: first.journalled_at, first: first.body };
    const about = event.about === null ? undefined : findEvent.get(event.about);
    if (event.about !== null && !about) return { kind: 'unknown-event' };
    const lane = event.lane ?? about?.lane ?? event.id;
    const { id, dedupe, kind, panel, zone, type, boot, seq, body, fault, subject, by, occurredAt, receivedAt, rank, evidence } = event;
    const link = linkOf(newest, at, body);
    const position = Number(addEvent.run(id, dedupe, kind, at, lane, panel, zone, type, boot, seq, event.about, body, link).lastInsertRowid);
    newest = link;
    if (occurredAt !== null) keep(position, { hop: 'pressed', by: '', at: occurredAt, proof: null });
    keep(position, { hop: 'received', by: '', at: receivedAt, proof: null });
    keep(position, { hop: 'journalled', by: '', at, proof: null });
    if (event.opens) openAlarm.run(position);
    if (kind === 'alarm.acknowledged' && about && by !== null) keep(about.position, { hop: 'acknowledged', by, at: receivedAt, proof: null });
    if (event.reopens && about) openAlarm.run(about.position);
    if (kind === 'fault.raised') raiseFault.run(fault, subject, id, position);
    if (kind === 'fault.cleared') clearFault.run(event.about);
    if (evidence?.stands) keepEvidence.run(evidence.id, position);
    else if (evidence) dropEvidence.run(evidence.id);
    for (const uplink of new Set(uplinks)) owe(uplink, { position, lane, rank }, at);
    return { kind: 'recorded', position, journalledAt: at, first: null };
  };

  const apply = (operation: Operation, at: number): Outcome => {
    switch (operation.kind) {
      case 'record':
        return record(operation.event, operation.uplinks, at);
      case 'receipt': {
        const event = findEvent.get(operation.event);
        if (!event) return { kind: 'unknown-event' };
        const first = keep(event.position, operation.receipt);
        return { kind: 'kept', journalledAt: event.journalled_at, first };
      }
      case 'accept': {
        const { uplink, position } = operation;
        const delivery = findDelivery.get(uplink, position);
        // Withdrawn while it was on its way: the receipts stay, whatever else becomes of the event.
        if (!delivery) return eventAt.get(position) ? { kind: 'done', first: keepAll(position, operation.receipts) } : { kind: 'unknown-event' };
        const first = keepAll(position, operation.receipts);
        if (delivery.state === 'accepted' && delivery.covered_by === null) return { kind: 'done', first };
        acceptDelivery.run(uplink, position);
        tally.run(uplink, 0, 0, 1, delivery.kind === 'alarm.raised' ? 1 : 0);
        if (delivery.state === 'accepted') return { kind: 'done', first }; // it went by both
        settled(uplink, delivery);
        standIns.accepted(uplink, position);
        // The far side has changed its mind: others that it refused need not wait out their hour.
        if (delivery.state === 'refused') bringForward.run({ at, uplink, count: calledAlong });
        return { kind: 'done', first };
      }
      case 'postpone':
      case 'refuse': {
        const { uplink, position, attempts, refusals, reason, until } = operation;
        const delivery = findDelivery.get(uplink, position);
        if (!delivery) return eventAt.get(position) ? { kind: 'done', first: keepAll(position, operation.receipts) } : { kind: 'unknown-event' };
        const first = keepAll(position, operation.receipts);
        if (delivery.state === 'accepted') return { kind: 'done', first };
        // One that was refused stays out of the line, also when its next try gets no answer: back in line it would be first of its lane.
        const state = operation.kind === 'refuse' ? 'refused' : delivery.state;
        holdDelivery.run(state, attempts, refusals, reason, until, uplink, position);
        if (state !== delivery.state) tally.run(uplink, -1, 1, 0, 0);
        if (delivery.state === 'pending') settleLane(uplink, delivery.lane);
        return { kind: 'done', first };
      }
      case 'stand-in':
        standIns.standIn(operation.uplink, operation.primary, operation.positions, at);
        return { kind: 'done' };
      case 'withdraw':
        standIns.withdraw(operation.uplink, operation.positions);
        return { kind: 'done' };
    }
  };
  const applyAlone = database.transaction(apply);
  const applyOrReject = (operation: Operation, at: number): Outcome => {
    const before = newest;
    try {
      return applyAlone(operation, at);
    } catch (error) {
      // Its savepoint is rolled back: the rest of the batch need not suffer for one senseless operation.
      if (endsConnection(error) || !database.inTransaction) throw error;
      newest = before;
      return { kind: 'rejected', message: error instanceof Error ? error.message : String(error) };
    }
  };

  const transact = database.transaction((operations: readonly Operation[], at: number, each: typeof apply): readonly Outcome[] => {
    newest = lastLink.get()?.link ?? null;
    standIns.begin();
    const outcomes = operations.map((operation) => each(operation, at));
    beforeCommit();
    return outcomes;
  });

  const commit = (operations: readonly Operation[], at: number): readonly Outcome[] => {
    try {
      return transact.immediate(operations, at, apply);
    } catch (error) {
      if (endsConnection(error) || database.inTransaction) throw error;
      // One of them makes no sense, and all are rolled back. Again, each in a savepoint: too dear for every batch, as SQLite copies the pages
      // that it changes, into a file of their own once there are many.
      return transact.immediate(operations, at, applyOrReject);
    }
  };

  return {
    commit,
    position: () => lastPosition.get()?.position ?? 0,
  };
}

/** The spine: what was decided is kept here before anybody is told. See architecture.md, "Durability". */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { GatewayError } from '../domain/errors.ts';
import type { DomainEvent, JournalEntry } from '../domain/event.ts';
import type { EventId, UplinkId } from '../domain/ids.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { ChainReport, Clock, Journal, JournalReader, Logger, Recorded } from '../domain/ports.ts';
import { instant, type Millis, millis } from '../domain/time.ts';
import { Scope } from '../runtime/scope.ts';
import { siblingModule, startWorker } from '../runtime/worker.ts';
import { Bell } from './bell.ts';
import { type ChainWalk, verifyChain } from './chain.ts';
import { clockSettings } from './clock-settings.ts';
import { CommitQueue } from './commit-queue.ts';
import { arrivalSpans, type HopSpan, spanOf } from './hop-spans.ts';
import { eventRow, type Operation, type Outcome, type WorkerSettings } from './operation.ts';
import { openOutbox, receiptRow } from './outbox.ts';
import { openReader } from './reader.ts';
import { holdJournal } from './sole-holder.ts';
import type { CommitFigures } from './statistics.ts';

export const journalFile = 'journal.sqlite';
/** Entries read at once while following: bounds the memory of a follower that is far behind. */
const page = 200;

export interface JournalOptions {
  /** Data folder; made with mode 0700 if it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Breaks the product on purpose, so that a bench can prove that it would notice: record() resolves before its COMMIT. */
  readonly acknowledgeBeforeCommit?: boolean;
  /** Told of each hop, once it is journalled and only of its first time. Must not throw. */
  readonly onHop?: (span: HopSpan) => void;
  /** Plays a slow disk: waits this long before each COMMIT, in the journal's thread. */
  readonly commitDelay?: Millis;
  /** NORMAL breaks the product on purpose: a power cut may then take what was acknowledged. */
  readonly synchronous?: 'FULL' | 'NORMAL';
}

export interface UplinkFigures {
  readonly uplink: UplinkId;
  readonly pending: number;
  readonly refused: number;
  /** Deliveries that the far side acknowledged, ever. */
  readonly accepted: number;
  /** Those of them that carried an `alarm.raised`. */
  readonly alarmsDelivered: number;
}

export interface JournalFigures extends CommitFigures {
  readonly position: number;
  readonly available: boolean;
  readonly uplinks: readonly UplinkFigures[];
}

export interface OpenJournal extends Journal, AsyncDisposable {
  readonly outbox: Outbox;
  stats(): JournalFigures;
  /** Looks at every event (chain.ts). */
  verify(walk?: ChainWalk): Promise<ChainReport>;
}

/** Opens `journal.sqlite` in the folder. Throws SQLITE_TOO_OLD, DATA_TOO_NEW or JOURNAL_UNAVAILABLE. Whoever opens closes. */
export async function openJournal(options: JournalOptions): Promise<OpenJournal> {
  const { folder, clock, log, onHop, acknowledgeBeforeCommit = false, commitDelay = millis(0), synchronous = 'FULL' } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await using scope = new Scope();
  scope.own(holdJournal(folder));
  const file = join(folder, journalFile);
  const anything = new Bell();
  const bells = new Map<UplinkId, Bell>();
  const bell = (uplink: UplinkId): Bell => {
    const found = bells.get(uplink) ?? new Bell();
    bells.set(uplink, found);
    return found;
  };

  const queue = await CommitQueue.open({
    file,
    clock,
    log,
    commitDelay,
    synchronous,
    startWorker: (settings: WorkerSettings) =>
      startWorker(siblingModule('journal-worker', import.meta.url), { workerData: settings, name: 'journal' }),
    committed: (operations) => {
      settings.reached(queue.position);
      if (operations.some((operation) => operation.kind === 'record')) anything.ring();
      for (const uplink of owed(operations)) bells.get(uplink as UplinkId)?.ring();
    },
  });
  const settings = clockSettings(clock, queue.position);
  const database = openReadOnly(file);
  // The queue closes first: what it holds still has to be written.
  scope.defer(() => database.close());
  scope.own(queue);
  const read = openReader(database, settings.corrected);
  const tallies = database.prepare<[], { uplink: UplinkId; pending: number; refused: number; accepted: number; alarms: number }>(
    'SELECT uplink, pending, refused, accepted, alarms FROM tally ORDER BY uplink',
  );

  const tell = (spans: readonly HopSpan[]) => {
    if (onHop) for (const span of spans) onHop(span);
  };
  /** An acknowledgement is a hop of the alarm that it is about. */
  const spansOf = ({ event, ...entry }: JournalEntry): readonly HopSpan[] => {
    if (event.kind !== 'alarm.acknowledged') return arrivalSpans({ event, ...entry });
    const alarm = read.find(event.alarm);
    return alarm ? spanOf({ hop: 'acknowledged', at: event.receivedAt }, alarm.journalledAt) : [];
  };

  const open = scope.release();
  return {
    read,
    outbox: openOutbox({ database, submit: (operation) => queue.submit(operation), bell, tell }),
    record: async (event, recipients, pace) => {
      const operation: Operation = { kind: 'record', event: eventRow(event), uplinks: recipients };
      const committed = pace === 'unhurried' ? queue.submitUnhurried(operation) : queue.submit(operation);
      if (!acknowledgeBeforeCommit) {
        const recorded = recordedOf(event, await committed);
        if (!recorded.repeated) tell(spansOf(recorded.entry));
        return recorded;
      }
      committed.catch(() => undefined); // the very loss that this switch exists to cause
      return { entry: { position: queue.position, journalledAt: clock.now(), event }, repeated: false };
    },
    receipt: async (event, receipt) => {
      const outcome = await queue.submitUnhurried({ kind: 'receipt', event, receipt: receiptRow(receipt) });
      if (outcome.kind !== 'kept') throw refusalOf(outcome, `receipt of event ${event}`);
      if (outcome.first) tell(spanOf(receipt, instant(outcome.journalledAt)));
    },
    follow: (since, signal) => {
      const from = since === 'now' ? queue.position : positionOf(read, since);
      return follow({ from, read, anything, committed: () => queue.position }, signal);
    },
    verify: (walk) => verifyChain(database, walk),
    stats: () => ({
      ...queue.statistics.figures(),
      position: queue.position,
      available: queue.available,
      uplinks: tallies.all().map(({ alarms, ...counts }) => ({ ...counts, alarmsDelivered: alarms })),
    }),
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

function openReadOnly(file: string): Database {
  const database = new BetterSqlite(file, { readonly: true, fileMustExist: true, timeout: 500 });
  database.pragma('cache_size = -16000');
  return database;
}

function* owed(operations: readonly Operation[]): Generator<string> {
  const told = new Set<string>();
  for (const operation of operations) {
    if (operation.kind !== 'record' && operation.kind !== 'stand-in') continue;
    for (const uplink of operation.kind === 'record' ? operation.uplinks : [operation.uplink]) {
      if (!told.has(uplink)) yield uplink;
      told.add(uplink);
    }
  }
}

function recordedOf(event: DomainEvent, outcome: Outcome): Recorded {
  if (outcome.kind !== 'recorded') throw refusalOf(outcome, `event ${event.id}`);
  const { position, journalledAt, first } = outcome;
  return {
    entry: { position, journalledAt: instant(journalledAt), event: first === null ? event : (JSON.parse(first) as DomainEvent) },
    repeated: first !== null,
  };
}

function refusalOf(outcome: Outcome, what: string): GatewayError {
  if (outcome.kind === 'unknown-event') return new GatewayError('NOT_FOUND', `The journal holds no event that this ${what} could be about.`);
  return new GatewayError('JOURNAL_UNAVAILABLE', `The journal did not take ${what}.`, {
    cause: outcome.kind === 'rejected' ? new Error(outcome.message) : undefined,
  });
}

function positionOf(read: JournalReader, event: EventId): number {
  const entry = read.find(event);
  if (entry) return entry.position;
  throw new GatewayError('NOT_FOUND', `The journal holds no event ${event} to continue from.`, { context: { event } });
}

interface Following {
  readonly from: number;
  readonly read: JournalReader;
  readonly anything: Bell;
  readonly committed: () => number;
}

/** Always reads from the file, never from memory: no gap between old and new, and a slow reader costs one page. */
async function* follow({ from, read, anything, committed }: Following, signal: AbortSignal): AsyncGenerator<JournalEntry, void, void> {
  let position = from;
  while (!signal.aborted) {
    const entries = read.events({ after: position, limit: page });
    for (const entry of entries) {
      if (signal.aborted) return;
      position = entry.position;
      yield entry;
    }
    // Listens in the turn in which it found nothing: a commit can only be told of later, so none is missed.
    if (entries.length === 0 || committed() <= position) await anything.next(signal).catch(() => undefined); // aborted: the loop sees it
  }
}

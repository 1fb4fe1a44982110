/** Holds the open database, the current snapshot and those who wait for the next: an edit is checked as a whole, committed, then told. */
import type Database from 'better-sqlite3';
import type { Inventory } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { Mailbox } from '../runtime/mailbox.ts';
import { listed } from '../runtime/problems.ts';
import { checkInventory } from './check.ts';
import { readRows } from './rows.ts';
import type { Sealer } from './seal.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

type Change<Result> = (database: Database.Database, before: Snapshot) => Result;

export class Ledger {
  readonly sealer: Sealer;
  readonly #database: Database.Database;
  readonly #log: Logger;
  readonly #followers = new Set<Mailbox<Inventory>>();
  #snapshot: Snapshot;
  #version: number;

  constructor(database: Database.Database, sealer: Sealer, log: Logger) {
    this.#database = database;
    this.sealer = sealer;
    this.#log = log;
    this.#snapshot = snapshotOf(readRows(database), sealer);
    this.#version = this.#dataVersion();
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Reads without changing. */
  read<Result>(reader: (database: Database.Database) => Result): Result {
    return reader(this.#database);
  }

  /** One transaction: all of it, checked, or nothing. Throws INVENTORY_INVALID with `context.problems`. */
  edit<Result>(change: Change<Result>): Result {
    const { result, after } = this.#database.transaction(() => this.#checked(change)).immediate();
    this.#snapshot = after;
    this.#tell();
    return result;
  }

  /** What `edit` would return or throw; nothing is kept. */
  rehearse<Result>(change: Change<Result>): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      return this.#checked(change).result;
    } finally {
      this.#database.exec('ROLLBACK');
    }
  }

  #checked<Result>(change: Change<Result>): { readonly result: Result; readonly after: Snapshot } {
    const result = change(this.#database, this.#present());
    const after = snapshotOf(readRows(this.#database), this.sealer);
    const problems = checkInventory(after.inventory, after.rows);
    if (problems.length > 0) {
      throw new GatewayError('INVENTORY_INVALID', `The inventory would not be right:\n${listed(problems)}`, { context: { problems } });
    }
    return { result, after };
  }

  /** Another process may have written since the last look: an edit is made on what is there now. */
  #present(): Snapshot {
    const version = this.#dataVersion();
    if (version !== this.#version) {
      this.#version = version;
      this.#snapshot = snapshotOf(readRows(this.#database), this.sealer);
      this.#tell();
    }
    return this.#snapshot;
  }

  /** Registered at the call, so that no change between the call and the first turn of the loop is lost. */
  changes(signal: AbortSignal): AsyncIterable<Inventory> {
    const mailbox = new Mailbox<Inventory>(1_000);
    this.#followers.add(mailbox);
    signal.addEventListener('abort', () => this.#followers.delete(mailbox), { once: true });
    if (signal.aborted) this.#followers.delete(mailbox);
    return mailbox.take(signal);
  }

  async watch(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(seconds(2), signal).catch(() => undefined);
      if (signal.aborted) return;
      const before = this.#snapshot;
      if (this.#present() !== before) this.#log.info('inventory changed by another process');
    }
  }

  close(): void {
    this.#database.close();
  }

  #tell(): void {
    for (const follower of this.#followers) {
      if (!follower.push(this.#snapshot.inventory)) this.#log.warn('inventory change not taken', { waiting: follower.size });
    }
  }

  /** Changes only when another connection commits. */
  #dataVersion(): number {
    return Number(this.#database.pragma('data_version', { simple: true }));
  }
}

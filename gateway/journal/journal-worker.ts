/**
 * The journal's thread: owns the only writing connection. A thread that has failed a commit takes no more work and ends;
 * the main thread starts a new one, which opens the file anew and proves itself before anything is promised.
 */
import { chmodSync, existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { migrate } from '../runtime/migrations.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './operation.ts';
import { assertSqliteVersion, journalSchema } from './schema.ts';
import { openWriter, type Writer } from './writer.ts';

const settings: WorkerSettings = workerData;
const say = (message: FromWorker) => parentPort?.postMessage(message);

function open(): { readonly database: Database; readonly writer: Writer; readonly sqlite: string } {
  const database = new BetterSqlite(settings.file, { timeout: 500 });
  try {
    const { version } = database.prepare<[], { version: string }>('SELECT sqlite_version() AS version').get() ?? { version: '0' };
    assertSqliteVersion(version);
    chmodSync(settings.file, 0o600);
    database.pragma('journal_mode = WAL');
    // FULL fsyncs the WAL at every commit; NORMAL may lose the last commits in a power cut (reliability-security §0.2).
    database.pragma(`synchronous = ${settings.synchronous}`);
    database.pragma('foreign_keys = ON');
    database.pragma('cache_size = -16000');
    migrate(database, journalSchema);
    // WAL and shared-memory files inherit the mode of the main file, except where an earlier run left them.
    for (const file of [`${settings.file}-wal`, `${settings.file}-shm`]) if (existsSync(file)) chmodSync(file, 0o600);
    const writer = openWriter(database, pauseBeforeCommit);
    const found = writer.position();
    if (found < settings.promised) throw new Error(`the file ends at position ${found}, but ${settings.promised} was promised`);
    database.prepare('INSERT OR REPLACE INTO opened (one, at) VALUES (1, ?)').run(settings.openedAt);
    return { database, writer, sqlite: version };
  } catch (error) {
    database.close();
    throw error;
  }
}

function pauseBeforeCommit(): void {
  if (settings.commitDelay > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settings.commitDelay);
}

function fail(error: unknown): void {
  say({ kind: 'failed', code: error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN', message: String(error) });
  parentPort?.close();
}

try {
  const { database, writer, sqlite } = open();
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      database.close();
      say({ kind: 'closed' });
      parentPort?.close();
      return;
    }
    try {
      say({ kind: 'committed', outcomes: writer.commit(message.operations, message.at) });
    } catch (error) {
      // After a failed fsync nothing may be believed of this connection's view of the file.
      try {
        database.close();
      } finally {
        fail(error);
      }
    }
  });
  say({ kind: 'ready', sqlite, position: writer.position() });
} catch (error) {
  fail(error);
}

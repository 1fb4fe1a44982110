/** Opens `inventory.sqlite` and brings its schema up to date. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GatewayError } from '../domain/errors.ts';
import type { Logger } from '../domain/ports.ts';
import { migrate } from '../runtime/migrations.ts';

/** One entry per schema version, never changed once released: `test/fixtures/inventory/schema.sql` shows what they add up to. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE campus (id TEXT PRIMARY KEY, name TEXT NOT NULL, timeZone TEXT NOT NULL, address TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE places (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE cameras (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, place TEXT, adapter TEXT NOT NULL, address TEXT NOT NULL,
    username TEXT, password TEXT, settings TEXT NOT NULL, enabled INTEGER NOT NULL, maintenance INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE channels (id TEXT PRIMARY KEY, name TEXT NOT NULL, camera TEXT NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE panels (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, place TEXT, dialect TEXT NOT NULL, broker TEXT NOT NULL, passwordSha256 TEXT,
    heartbeatEvery INTEGER NOT NULL, enabled INTEGER NOT NULL, maintenance INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE zones (
    panel TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, place TEXT, type TEXT, channels TEXT NOT NULL, PRIMARY KEY (panel, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE uplinks (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, adapter TEXT NOT NULL, settings TEXT NOT NULL, secret TEXT, enabled INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE streamKeys (id TEXT PRIMARY KEY, label TEXT NOT NULL, password TEXT NOT NULL, channels TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, passwordHash TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO campus VALUES ('campus', '校园', 'Asia/Shanghai', '');
  `,
  'ALTER TABLE cameras ADD COLUMN fingerprint256 TEXT;',
  "ALTER TABLE streamKeys ADD COLUMN purpose TEXT NOT NULL DEFAULT 'local';",
  "ALTER TABLE panels ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';",
  'ALTER TABLE panels ADD COLUMN secret TEXT;',
  `CREATE TABLE rules (
    id TEXT PRIMARY KEY, panel TEXT, zone TEXT, code TEXT, alarm TEXT, type TEXT, severity INTEGER, drill INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  "ALTER TABLE campus ADD COLUMN practice TEXT NOT NULL DEFAULT '{}';",
  "ALTER TABLE panels ADD COLUMN supervision TEXT NOT NULL DEFAULT '{}';",
  "ALTER TABLE cameras ADD COLUMN events TEXT NOT NULL DEFAULT '[]';",
  "ALTER TABLE uplinks ADD COLUMN role TEXT NOT NULL DEFAULT 'primary';",
];

export const schemaVersion = migrations.length;

export function inventoryFile(folder: string): string {
  return join(folder, 'inventory.sqlite');
}

/** Throws INVENTORY_UNREADABLE, or DATA_TOO_NEW where a newer version of the product wrote it. The caller closes it. */
export function openInventoryDatabase(folder: string, log: Logger): Database.Database {
  const file = inventoryFile(folder);
  let database: Database.Database | undefined;
  try {
    if (existsSync(folder)) {
      if ((statSync(folder).mode & 0o077) !== 0) log.warn('data folder is open to other users', { folder, wanted: '0700' });
    } else mkdirSync(folder, { recursive: true, mode: 0o700 });
    // SQLite gives its -wal and -shm the mode of the database itself.
    closeSync(openSync(file, 'a', 0o600));
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    database = new Database(file);
    prepare(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof GatewayError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('INVENTORY_UNREADABLE', `The inventory ${file} could not be opened: ${why}.`, { cause, context: { file } });
  }
}

/** An inventory that is gone with the process: for a dry run where there is no data folder yet. */
export function openTransientDatabase(): Database.Database {
  const database = new Database(':memory:');
  prepare(database);
  return database;
}

function prepare(database: Database.Database): void {
  database.pragma('busy_timeout = 5000');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  // Old secrets and names are overwritten, not just unlinked.
  database.pragma('secure_delete = ON');
  migrate(database, { name: 'The inventory', migrations });
}

import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, type Schema } from '../../gateway/runtime/migrations.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { freshFolder } from '../support/spine.ts';

const first = 'CREATE TABLE person (name TEXT NOT NULL); CREATE INDEX person_by_name ON person (name);';
const second = "ALTER TABLE person ADD COLUMN place TEXT; UPDATE person SET place = 'gate';";
const third = 'CREATE TABLE place AS SELECT DISTINCT place AS name FROM person;';
const schema = (...migrations: readonly string[]): Schema => ({ name: 'The register', migrations });

const versionOf = (database: Database) => database.pragma('user_version', { simple: true });
const tables = (database: Database) => database.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();

/** A file of version 1 with one row. */
function register(scope: Scope): { readonly file: string; readonly database: Database } {
  const file = join(freshFolder(scope), 'register.sqlite');
  const database = new BetterSqlite(file);
  scope.defer(() => database.close());
  database.pragma('journal_mode = WAL');
  migrate(database, schema(first));
  database.exec("INSERT INTO person (name) VALUES ('Li')");
  return { file, database };
}

test('a file of an older version is brought up to date step by step, with what is in it', async () => {
  await using scope = new Scope();
  const { database } = register(scope);
  expect(versionOf(database)).toBe(1);
  migrate(database, schema(first, second, third));
  expect(versionOf(database)).toBe(3);
  expect(database.prepare('SELECT p.name, p.place FROM person p JOIN place ON place.name = p.place').all()).toEqual([{ name: 'Li', place: 'gate' }]);
  migrate(database, schema(first, second, third)); // once more changes nothing, or it would fail: the column exists
});

test('others see the old version until the whole upgrade is done, never a step of it', async () => {
  await using scope = new Scope();
  const { file, database } = register(scope);
  const other = new BetterSqlite(file, { readonly: true });
  scope.defer(() => other.close());
  const seen: unknown[] = [];
  database.function('look', () => {
    seen.push(versionOf(other), tables(other).length);
    return 0;
  });
  migrate(database, schema(first, second, `${third} SELECT look();`));
  expect(seen).toEqual([1, 1]);
  expect([versionOf(other), tables(other).length]).toEqual([3, 2]);
});

test('a step that fails leaves the file as it was, the steps before it undone too', async () => {
  await using scope = new Scope();
  const { database } = register(scope);
  const before = tables(database);
  expect(() => migrate(database, schema(first, second, 'CREATE TABLE half (name TEXT); INSERT INTO nowhere VALUES (1);'))).toThrow(/nowhere/);
  expect([versionOf(database), tables(database)]).toEqual([1, before]);
  migrate(database, schema(first, second)); // and the next build can have another go
  expect(versionOf(database)).toBe(2);
});

test('a file that a newer build has used is refused, and left alone', async () => {
  await using scope = new Scope();
  const { database } = register(scope);
  migrate(database, schema(first, second));
  const before = tables(database);
  expect(() => migrate(database, schema(first))).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_NEW', message: expect.stringContaining('The register is of version 2, this build reads up to 1') }),
  );
  expect([versionOf(database), tables(database)]).toEqual([2, before]);
});

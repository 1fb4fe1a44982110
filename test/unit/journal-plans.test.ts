import BetterSqlite, { type Database } from 'better-sqlite3';
import { expect, test } from 'vitest';
import { instant } from '../../gateway/domain/time.ts';
import { Bell } from '../../gateway/journal/bell.ts';
import { openOutbox } from '../../gateway/journal/outbox.ts';
import { openReader } from '../../gateway/journal/reader.ts';
import { journalSchema } from '../../gateway/journal/schema.ts';
import { openWriter } from '../../gateway/journal/writer.ts';
import { migrate } from '../../gateway/runtime/migrations.ts';

/** Every statement that the journal prepares, with the way SQLite would go about it. */
function plans(): Map<string, string> {
  const database = new BetterSqlite(':memory:');
  migrate(database, journalSchema);
  const statements: string[] = [];
  const noting: Database = new Proxy(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (name === 'prepare') statements.push(String(given[0]));
        return value.apply(target, given);
      };
    },
  });
  openReader(noting, (_, at) => instant(at));
  openWriter(noting);
  openOutbox({ database: noting, submit: async () => ({ kind: 'done' }), bell: () => new Bell(), tell: () => undefined });
  return new Map(
    statements.map((sql) => {
      const named = /:\w+/.test(sql) ? [Object.fromEntries([...sql.matchAll(/:(\w+)/g)].map(([, name]) => [name, 1]))] : [];
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 1);
      const rows = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...named, ...values);
      return [sql.replace(/\s+/g, ' '), rows.map(({ detail }) => detail).join(' | ')];
    }),
  );
}

test('no statement is prepared anew at every run', () => {
  expect([...plans().keys()].filter((sql) => /LIMIT [?:]/.test(sql))).toEqual([]);
});

test('no statement walks a table that grows, nor sorts what it could read in order', () => {
  // Walked on purpose: what stands now is short (faults, evidence, uplinks, lanes), whatever the journal holds.
  const short = /SCAN [fs] \| SEARCH e USING INTEGER PRIMARY KEY \(rowid=\?\)|SCAN tally/g;
  for (const [sql, plan] of plans()) {
    const offences = plan
      .replace(short, '')
      .match(/SCAN [^|]+|SEARCH delivery USING PRIMARY KEY \(uplink=\?\)(?= \||$)|SEARCH e USING INDEX event_by_kind \(kind=\?\)$/g);
    expect({ sql, plan, offences }).toMatchObject({ offences: null });
  }
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../gateway/domain/event.ts';
import { uplinkId, userId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { journalFile } from '../../gateway/journal/journal.ts';
import { assertSqliteVersion, journalSchema } from '../../gateway/journal/schema.ts';
import { migrate } from '../../gateway/runtime/migrations.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { acknowledgement, alarm, fault, folderOfVersion1, freshFolder, openTestJournal, police, start } from '../support/spine.ts';

describe('record', () => {
  test('an event is kept with its place in the durable order, its receipts and what is owed', async () => {
    await using bench = await openTestJournal();
    const event = alarm();
    const { entry, repeated } = await bench.journal.record(event, [police]);
    expect(repeated).toBe(false);
    expect(entry).toMatchObject({ position: 1, event });
    const record = bench.journal.read.alarm(event.id);
    expect(record?.receipts.map((receipt) => receipt.hop)).toEqual(['pressed', 'received', 'journalled']);
    expect(record?.receipts[0]?.at).toBe(event.occurredAt);
    expect(record?.deliveries).toMatchObject([{ uplink: 'police', state: 'pending', attempts: 0 }]);
    expect(bench.journal.read.backlog(police)).toEqual({
      ...{ pending: 1, refused: 0, oldest: entry.journalledAt },
      oldestAlarm: { event, journalledAt: entry.journalledAt },
    });
  });

  test('the file is only for its owner, in WAL', async () => {
    await using bench = await openTestJournal();
    await bench.journal.record(alarm(), []);
    for (const file of [journalFile, `${journalFile}-wal`, `${journalFile}-shm`]) {
      expect(statSync(join(bench.folder, file)).mode & 0o777).toBe(0o600);
    }
  });

  test("a journal is one gateway's alone: a second one is refused, and may come when the first has gone", async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    {
      await using first = await openTestJournal({ folder });
      await expect(openTestJournal({ folder })).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
      await first.journal.record(alarm(), [police]); // unharmed
    }
    await using second = await openTestJournal({ folder });
    expect(second.journal.stats().position).toBe(1);
  });

  test('everything recorded in one turn shares few commits', async () => {
    await using bench = await openTestJournal();
    await Promise.all(Array.from({ length: 500 }, () => bench.journal.record(alarm(), [police])));
    const { batches, rows, commit, position } = bench.journal.stats();
    expect(rows).toBe(500);
    expect(batches).toBe(2);
    expect(commit.count).toBe(2);
    expect(position).toBe(500);
  });

  test('a second report with the same key returns the first event and owes nothing new', async () => {
    await using bench = await openTestJournal();
    const first = alarm({ seq: 7 });
    await bench.journal.record(first, [police]);
    const again = await bench.journal.record(alarm({ seq: 7 }), [police]);
    expect(again).toMatchObject({ repeated: true, entry: { position: 1, event: first } });
    expect(bench.journal.read.backlog(police).pending).toBe(1);
  });

  test('so too within one batch, and after a restart', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const first = alarm({ seq: 7 });
    {
      await using bench = await openTestJournal({ folder });
      const both = await Promise.all([bench.journal.record(first, [police]), bench.journal.record(alarm({ seq: 7 }), [police])]);
      expect(both.map(({ repeated, entry }) => [repeated, entry.event.id])).toEqual([
        [false, first.id],
        [true, first.id],
      ]);
    }
    await using bench = await openTestJournal({ folder });
    expect(await bench.journal.record(alarm({ seq: 7 }), [police])).toMatchObject({
      repeated: true,
      entry: { position: 1, event: { id: first.id } },
    });
  });

  test('one senseless operation is rejected alone, not with its batch', async () => {
    await using bench = await openTestJournal();
    const orphan = acknowledgement(alarm());
    const [good, bad] = await Promise.allSettled([bench.journal.record(alarm(), []), bench.journal.record(orphan, [])]);
    expect(good.status).toBe('fulfilled');
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
  });

  test('nor one that SQLite will not have', async () => {
    await using bench = await openTestJournal();
    const first = alarm();
    const sameId = { ...alarm(), id: first.id };
    const [one, two, three] = await Promise.allSettled([first, sameId, alarm()].map((event) => bench.journal.record(event, [police])));
    expect(one).toMatchObject({ status: 'fulfilled', value: { entry: { position: 1 } } });
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE', cause: { message: expect.stringContaining('UNIQUE') } } });
    expect(three).toMatchObject({ status: 'fulfilled', value: { entry: { position: 2 } } });
    expect(bench.journal.stats()).toMatchObject({ batches: 1, failures: 0, available: true, position: 2 });
    expect(bench.journal.read.backlog(police).pending).toBe(2);
  });

  test('a later hop keeps its first time', async () => {
    await using bench = await openTestJournal();
    const event = alarm();
    await bench.journal.record(event, []);
    await bench.journal.receipt(event.id, { hop: 'shown', at: instant(1), by: 'li' });
    await bench.journal.receipt(event.id, { hop: 'shown', at: instant(2), by: 'li' });
    await bench.journal.receipt(event.id, { hop: 'shown', at: instant(3), by: 'wang' });
    const shown = bench.journal.read.alarm(event.id)?.receipts.filter((receipt) => receipt.hop === 'shown');
    expect(shown).toEqual([
      { hop: 'shown', at: 1, by: 'li' },
      { hop: 'shown', at: 3, by: 'wang' },
    ]);
  });
});

describe('reading', () => {
  test('alarms come newest first, by pages, and the acknowledged ones can be left out', async () => {
    await using bench = await openTestJournal();
    const events = [alarm({ zone: '1' }), alarm({ zone: '2' }), alarm({ zone: '3' })];
    for (const event of events) await bench.journal.record(event, []);
    await bench.journal.record(acknowledgement(events[1]!), []);
    await bench.journal.record(alarm({ zone: '3', kind: 'alarm.restored' }), []);
    const { read } = bench.journal;
    expect(read.alarms({ limit: 2 }).map(({ event }) => event.id)).toEqual([events[2]!.id, events[1]!.id]);
    expect(read.alarms({ limit: 2, before: 2 }).map(({ event }) => event.id)).toEqual([events[0]!.id]);
    expect(read.alarms({ limit: 9, unacknowledged: true }).map(({ event }) => event.id)).toEqual([events[2]!.id, events[0]!.id]);
    expect(read.alarm(events[2]!.id)?.restoredAt).toBe(start);
    expect(read.alarm(events[1]!.id)?.receipts).toContainEqual({ hop: 'acknowledged', by: userId('li'), at: start });
    expect(read.alarm(events[0]!.id)?.restoredAt).toBeUndefined();
    expect(read.events({ after: 3, limit: 9, kinds: ['alarm.acknowledged'] }).map(({ position }) => position)).toEqual([4]);
    expect(read.lastZoneEvent(events[2]!.panel, '3', 'burglary.intrusion')?.event.kind).toBe('alarm.restored');
    for (const of of [undefined, 'burglary.intrusion']) {
      expect(read.raisedTypes(events[2]!.panel, '3', of)).toEqual([]);
      expect(read.raisedTypes(events[2]!.panel, '2', of)).toEqual(['burglary.intrusion']);
    }
    expect(read.raisedTypes(events[2]!.panel, '2', 'panic.silent')).toEqual([]);
  });

  test('the highest sequence of a boot is known', async () => {
    await using bench = await openTestJournal();
    for (const seq of [3, 9, 4]) await bench.journal.record(alarm({ seq }), []);
    const { panel } = alarm();
    expect(bench.journal.read.sequence(panel, { boot: 'b1', seq: 4 })).toEqual({ highest: 9, known: true });
    expect(bench.journal.read.sequence(panel, { boot: 'b1', seq: 5 })).toEqual({ highest: 9, known: false });
    expect(bench.journal.read.sequence(panel, { boot: 'b2', seq: 9 })).toEqual({ known: false });
  });

  test('a fault stands until the event that clears it', async () => {
    await using bench = await openTestJournal();
    const silent = fault('gate');
    const other = fault('hall');
    await bench.journal.record(silent, []);
    await bench.journal.record(other, []);
    const { receivedAt, campus, clockTrust, subject } = silent;
    const cleared: DomainEvent = {
      kind: 'fault.cleared',
      id: alarm().id,
      campus,
      receivedAt,
      clockTrust,
      fault: 'panel-silent',
      subject,
      raised: silent.id,
    };
    await bench.journal.record(cleared, []);
    expect(bench.journal.read.openFaults().map(({ event }) => event.id)).toEqual([other.id]);
  });

  test('a follower sees what was and what comes, without gap or repeat', async () => {
    await using bench = await openTestJournal();
    const events = Array.from({ length: 450 }, () => alarm());
    await Promise.all(events.slice(0, 420).map((event) => bench.journal.record(event, [])));
    const ended = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { event } of bench.journal.follow(events[0]!.id, ended.signal)) {
        seen.push(event.id);
        if (seen.length === 449) return;
      }
    })();
    for (const event of events.slice(420)) await bench.journal.record(event, []);
    await following;
    expect(seen).toEqual(events.slice(1).map(({ id }) => id));
  });

  test('following from now starts at the call, ends when aborted, and refuses an unknown event', async () => {
    await using bench = await openTestJournal();
    await bench.journal.record(alarm(), []);
    const ended = new AbortController();
    const live = bench.journal.follow('now', ended.signal)[Symbol.asyncIterator]();
    const next = alarm();
    await bench.journal.record(next, []);
    expect((await live.next()).value).toMatchObject({ position: 2, event: { id: next.id } });
    const waiting = live.next();
    ended.abort();
    expect((await waiting).done).toBe(true);
    expect(() => bench.journal.follow(alarm().id, ended.signal)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });
});

test('the oldest alarm that is owed is told apart from drills, tests and what is no alarm, whatever else waits', async () => {
  await using bench = await openTestJournal();
  const { journal } = bench;
  const drill = { ...alarm({ zone: 'd' }), drill: true };
  const trial = { ...alarm({ zone: 't' }), test: true };
  for (const event of [fault('hall'), drill, trial, alarm({ zone: 'r', kind: 'alarm.restored' })]) await journal.record(event, [police]);
  expect(journal.read.backlog(police).oldestAlarm).toBeUndefined();
  const { entry } = await journal.record(alarm({ zone: '7' }), [police]);
  await journal.record(alarm({ zone: '8' }), [police]);
  expect(journal.read.backlog(police).oldestAlarm?.event.id).toBe(entry.event.id);
  const find = () => journal.outbox.claim(police, 10, instant(Date.now() + 1_000)).find(({ position }) => position === entry.position);
  const delivery = find();
  if (!delivery) throw new Error('The alarm is not in the outbox.');
  await journal.outbox.refuse(delivery, 'HTTP 422', instant(Date.now()));
  expect(journal.read.backlog(police).oldestAlarm?.event.id).toBe(entry.event.id); // refused is not arrived
  await journal.outbox.acknowledge(delivery, []);
  expect(journal.read.backlog(police).oldestAlarm?.event).toMatchObject({ zone: '8' });
  expect(journal.read.backlog(police).pending).toBe(5);
});

describe('the file', () => {
  test('its schema is the recorded one: a change needs a new migration (UPDATE_SCHEMA=1 records it)', () => {
    const database = new BetterSqlite(':memory:');
    migrate(database, journalSchema);
    const schema = database
      .prepare<[], { sql: string }>("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
      .all();
    const text = `${schema.map(({ sql }) => `${sql};`).join('\n')}\nPRAGMA user_version = ${database.pragma('user_version', { simple: true })};\n`;
    const recorded = new URL('../fixtures/journal/schema.sql', import.meta.url);
    if (process.env.UPDATE_SCHEMA === '1') writeFileSync(recorded, text);
    expect(text).toBe(readFileSync(recorded, 'utf8'));
    migrate(database, journalSchema);
    database.close();
  });

  test('of version 1, as boxes in the field have it, opens with everything in it, and goes on where it was', async () => {
    await using scope = new Scope();
    await using bench = await openTestJournal({ folder: folderOfVersion1(scope) });
    const { read, outbox } = bench.journal;
    expect(read.events({ limit: 10 }).map(({ event }) => event.kind)).toEqual(['alarm.raised', 'alarm.raised', 'fault.raised']);
    expect(read.backlog(police)).toMatchObject({ pending: 1, refused: 1, oldestAlarm: { journalledAt: start + 10 } });
    expect(outbox.claim(police, 10, instant(start + 1_000)).map(({ position }) => position)).toEqual([2]);
    expect(await bench.journal.record(alarm({ zone: '1', seq: 1 }), [police])).toMatchObject({ repeated: true, entry: { position: 1 } });
    expect((await bench.journal.record(alarm(), [police])).entry.position).toBe(4);
  });

  test('a file of a newer build is refused, and left alone', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const newer = new BetterSqlite(join(folder, journalFile));
    newer.pragma('user_version = 99');
    newer.close();
    await expect(openTestJournal({ folder })).rejects.toMatchObject({ code: 'DATA_TOO_NEW' });
  });

  test('an SQLite with the WAL-reset race is refused', () => {
    for (const version of ['3.51.2', '3.7.0', '2.9.9'])
      expect(() => assertSqliteVersion(version)).toThrow(expect.objectContaining({ code: 'SQLITE_TOO_OLD' }));
    for (const version of ['3.51.3', '3.53.2', '4.0.0']) expect(() => assertSqliteVersion(version)).not.toThrow();
  });

  test('a delivery has the same bytes each time it leaves, also after a restart', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const bodies: string[] = [];
    for (const round of [1, 2, 3]) {
      await using bench = await openTestJournal({ folder });
      if (round === 1) await bench.journal.record(alarm(), [police]);
      const [delivery] = bench.journal.outbox.claim(police, 5, instant(Date.now()));
      expect(bench.journal.outbox.claim(police, 5, instant(Date.now()))).toEqual([]);
      expect(delivery?.attempts).toBe(round - 1);
      bodies.push(delivery!.body);
      await bench.journal.outbox.postpone(delivery!, 'no answer', instant(0));
    }
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0]!)).toMatchObject({ version: 1, position: 1, event: { kind: 'alarm.raised' } });
  });

  test('what is waiting when the journal closes is committed first', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const event = alarm();
    const bench = await openTestJournal({ folder });
    const recorded = bench.journal.record(event, [uplinkId('police')]);
    await bench[Symbol.asyncDispose]();
    await recorded;
    await expect(bench.journal.record(alarm(), [])).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    await using again = await openTestJournal({ folder });
    expect(again.journal.read.find(event.id)).toBeDefined();
  });
});

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryBody } from '../../gateway/domain/delivery.ts';
import { instant } from '../../gateway/domain/time.ts';
import { verifyChain } from '../../gateway/journal/chain.ts';
import { journalFile, type OpenJournal } from '../../gateway/journal/journal.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { acknowledgement, alarm, deedOf, folderOfVersion1, freshFolder, openTestJournal, police } from '../support/spine.ts';

/** An alarm with its life among others: 9 events. */
async function fill(journal: OpenJournal): Promise<void> {
  const press = alarm({ type: 'panic.silent' });
  await Promise.all([journal.record(alarm(), [police]), journal.record(press, [police]), journal.record(alarm(), [])]);
  await journal.record(acknowledgement(press), [police]);
  for (const step of [{ name: 'dispatched', unit: 'car 7' }, { name: 'resolved', cause: 'true' }, { name: 'closed' }] as const) {
    await journal.record(deedOf(press, step), []);
  }
  await Promise.all([journal.record(alarm(), []), journal.record(alarm(), [])]);
}

const shared = new Scope();
/** A journal's file with those events in it, made once. */
let filled: Buffer;
beforeAll(async () => {
  const folder = freshFolder(shared);
  {
    await using bench = await openTestJournal({ folder });
    await fill(bench.journal);
  }
  const file = new BetterSqlite(join(folder, journalFile));
  file.pragma('journal_mode = DELETE'); // all of it in the one file
  filled = file.serialize();
  file.close();
});
afterAll(() => shared[Symbol.asyncDispose]());

/** The file after what somebody with a little SQL did to it. */
function tampered(scope: Scope, how: (file: Database) => void): Database {
  const file = new BetterSqlite(filled);
  scope.defer(() => file.close());
  file.pragma('foreign_keys = OFF');
  how(file);
  return file;
}

describe('the chain of events', () => {
  test('holds over everything that was recorded, over a restart, and anybody can compute it with SHA-256 alone', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    writeFileSync(join(folder, journalFile), filled);
    await using bench = await openTestJournal({ folder });
    await fill(bench.journal);
    const report = await bench.journal.verify();
    expect(report).toEqual({ position: 18, unlinked: 0, link: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const file = new BetterSqlite(join(folder, journalFile), { readonly: true });
    scope.defer(() => file.close());
    let link = '';
    for (const row of file.prepare<[], { journalled_at: number; body: string }>('SELECT journalled_at, body FROM event ORDER BY position').all()) {
      link = createHash('sha256').update(`${link}\n${row.journalled_at}\n${row.body}`).digest('hex');
    }
    expect(report.link).toBe(link);
  });

  test('leaves the box with every delivery: what the far side holds stands for all before it', async () => {
    await using bench = await openTestJournal();
    await fill(bench.journal);
    const deliveries = bench.journal.outbox.claim(police, 10, instant(Number.MAX_SAFE_INTEGER));
    const bodies = deliveries.map(({ body }) => JSON.parse(body) as DeliveryBody);
    expect(bodies.every(({ link }) => link !== undefined && /^[0-9a-f]{64}$/.test(link))).toBe(true);
    await bench.journal.record(alarm({ zone: 'last' }), [police]);
    const last = bench.journal.outbox.claim(police, 10, instant(Number.MAX_SAFE_INTEGER)).find(({ lane }) => lane === 'gate/last');
    expect((JSON.parse(last!.body) as DeliveryBody).link).toBe((await bench.journal.verify()).link);
  });

  test.each<[string, (database: Database) => void, number, 'altered' | 'missing']>([
    [
      'a word in what happened',
      (file) => file.exec(`UPDATE event SET body = replace(body, '"by":"li"', '"by":"me"') WHERE position = 4`),
      4,
      'altered',
    ],
    [
      'the cause of an alarm',
      (file) => file.exec(`UPDATE event SET body = replace(body, '"cause":"true"', '"cause":"test"') WHERE position = 6`),
      6,
      'altered',
    ],
    ['a time', (file) => file.exec('UPDATE event SET journalled_at = journalled_at - 60000 WHERE position = 2'), 2, 'altered'],
    ['what kind of event it is', (file) => file.exec(`UPDATE event SET kind = 'alarm.restored' WHERE position = 2`), 2, 'altered'],
    [
      'two events, exchanged',
      (file) =>
        file.exec(
          'UPDATE event SET position = 99 WHERE position = 4; UPDATE event SET position = 4 WHERE position = 5; UPDATE event SET position = 5 WHERE position = 99',
        ),
      4,
      'altered',
    ],
    ['an event taken out', (file) => file.exec('DELETE FROM event WHERE position = 5'), 5, 'missing'],
    [
      'an event taken out and the gap closed',
      (file) => file.exec('DELETE FROM event WHERE position = 5; UPDATE event SET position = position - 1 WHERE position > 5'),
      5,
      'altered',
    ],
    ['the newest events, cut off', (file) => file.exec('DELETE FROM event WHERE position > 7'), 8, 'missing'],
    [
      'links taken away from the beginning, as if a build without them had written it',
      (file) => file.exec('UPDATE event SET link = NULL WHERE position < 4'),
      4,
      'altered',
    ],
    ['a body that is no JSON any more', (file) => file.exec(`UPDATE event SET body = 'x' WHERE position = 1`), 1, 'altered'],
    [
      'an event put in, with a link of its own',
      (file) => file.exec(`UPDATE event SET body = replace(body, 'car 7', 'car 8'), link = lower(hex(randomblob(32))) WHERE position = 5`),
      5,
      'altered',
    ],
  ])('names the place where somebody changed %s', async (_what, how, position, what) => {
    await using scope = new Scope();
    expect((await verifyChain(tampered(scope, () => undefined))).broken).toBeUndefined();
    expect((await verifyChain(tampered(scope, how))).broken).toEqual({ position, what });
  });

  test('is not broken by an operation that was refused, nor by a whole batch that had to go again', async () => {
    await using bench = await openTestJournal();
    const first = alarm();
    await Promise.allSettled(
      [first, { ...alarm(), id: first.id }, alarm(), alarm({ dedupe: first.dedupe })].map((event) => bench.journal.record(event, [])),
    );
    await Promise.allSettled([bench.journal.record(acknowledgement(alarm()), []), bench.journal.record(alarm(), [])]);
    expect(await bench.journal.verify()).toMatchObject({ position: 3 });
    expect((await bench.journal.verify()).broken).toBeUndefined();
  });

  test('begins after the events of an older build, and tells how many those are', async () => {
    await using scope = new Scope();
    await using bench = await openTestJournal({ folder: folderOfVersion1(scope) });
    expect(await bench.journal.verify()).toEqual({ position: 3, unlinked: 3 });
    await fill(bench.journal);
    const report = await bench.journal.verify();
    expect(report).toMatchObject({ position: 12, unlinked: 3, link: expect.any(String) });
    expect(report.broken).toBeUndefined();
  });
});

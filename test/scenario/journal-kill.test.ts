import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { JournalOptions, OpenJournal } from '../../gateway/journal/journal.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { freshFolder, openTestJournal, police } from '../support/spine.ts';

const child = fileURLToPath(new URL('../support/journal-child.ts', import.meta.url));

/** Runs a recording process and kills it with -9 after so many promises. Sequence number → event id of each promise. */
async function promisesUntilKilled(
  folder: string,
  first: number,
  promises: number,
  options: Partial<JournalOptions> = {},
): Promise<Map<number, string>> {
  const recording = spawn(process.execPath, ['--import', 'tsx', child, folder, String(first), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => recording.once('close', resolve));
  const promised = new Map<number, string>();
  for await (const line of createInterface({ input: recording.stdout })) {
    const [seq, id] = line.split(' ');
    if (id) promised.set(Number(seq), id); // a line cut off by the kill promised nothing
    if (promised.size === promises) recording.kill('SIGKILL');
  }
  await ended;
  return promised;
}

/** The comparison that the chaos bench makes: promised, but absent or under another id. */
function lost(journal: OpenJournal, promised: ReadonlyMap<number, string>): number[] {
  const kept = new Map(journal.read.events({ limit: 1_000_000 }).map(({ event }) => [(event as AlarmRaised).dedupe, event.id as string]));
  return [...promised].filter(([seq, id]) => kept.get(`press-${seq}`) !== id).map(([seq]) => seq);
}

test('whatever was promised before a kill -9 is there after it, in one order, and owed', async () => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const promised = new Map<number, string>();
  let next = 1;
  for (const promises of [37, 400, 911]) {
    for (const [seq, id] of await promisesUntilKilled(folder, next, promises)) promised.set(seq, id);
    next = Math.max(...promised.keys()) + 1_000;
  }
  await using bench = await openTestJournal({ folder });
  expect(promised.size).toBeGreaterThanOrEqual(37 + 400 + 911);
  expect(lost(bench.journal, promised)).toEqual([]);
  const entries = bench.journal.read.events({ limit: 1_000_000 });
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
  expect(bench.journal.read.backlog(police).pending).toBe(entries.length);
  expect(await bench.journal.verify()).toEqual({ position: entries.length, unlinked: 0, link: expect.any(String) });
  expect(bench.journal.outbox.claim(police, 1, entries[0]!.journalledAt)[0]?.body).toContain(entries[0]!.event.id);
});

test('a build that acknowledges before the commit is found out by the same comparison', async () => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const promised = await promisesUntilKilled(folder, 1, 50, { acknowledgeBeforeCommit: true, commitDelay: millis(1_500) });
  await using bench = await openTestJournal({ folder });
  expect(lost(bench.journal, promised).length).toBeGreaterThan(0);
});

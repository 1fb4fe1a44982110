import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import BetterSqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { millis } from '../../gateway/domain/time.ts';
import { CommitQueue } from '../../gateway/journal/commit-queue.ts';
import { journalFile, type OpenJournal } from '../../gateway/journal/journal.ts';
import { eventRow } from '../../gateway/journal/operation.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { startWorker } from '../../gateway/runtime/worker.ts';
import { peer } from '../support/peers.ts';
import { alarm, freshFolder, openTestJournal, police } from '../support/spine.ts';

/** util-linux: sets the largest file that a running process may write. */
const prlimit = peer('prlimit');

/** Records the same alarm until it is taken, as a panel that gets no acknowledgement does. */
async function recordUntilTaken(journal: OpenJournal, event: ReturnType<typeof alarm>): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    try {
      await journal.record(event, [police]);
      return failures;
    } catch (error) {
      expect(error).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
      await systemClock.sleep(millis(20));
    }
  }
}

test.skipIf(!prlimit)('a disk that takes no more bytes loses nothing that was promised, and the journal recovers without a restart', async () => {
  await using bench = await openTestJournal();
  const limit = (bytes: string) => execFileSync(prlimit ?? '', ['--pid', String(process.pid), `--fsize=${bytes}`]);
  const promised: string[] = [];
  const refused: ReturnType<typeof alarm>[] = [];
  // The kernel refuses to let any file of this process grow: write() fails under SQLite's feet as it does on a full or broken disk.
  limit('300000:unlimited');
  try {
    for (let round = 0; round < 40 && refused.length === 0; round += 1) {
      const events = Array.from({ length: 20 }, () => alarm({ zone: String(round) }));
      const results = await Promise.allSettled(events.map((event) => bench.journal.record(event, [police])));
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled') promised.push(events[index]!.id);
        else refused.push(events[index]!);
      }
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(bench.journal.stats().failures).toBeGreaterThan(0);
    limit('1000:unlimited'); // less than one page: nothing fits any more
    await expect(bench.journal.record(alarm(), [])).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    for (const id of promised) expect(bench.journal.read.find(id as never)).toBeDefined();
  } finally {
    limit('unlimited:unlimited');
  }
  await Promise.all(refused.map((event) => recordUntilTaken(bench.journal, event)));
  expect(bench.journal.stats().available).toBe(true);
  expect(bench.journal.read.events({ limit: 10_000 })).toHaveLength(promised.length + refused.length);
  expect(bench.journal.read.backlog(police).pending).toBe(promised.length + refused.length);
});

test('while the file is locked nothing is promised; afterwards it goes on', async () => {
  await using bench = await openTestJournal();
  await bench.journal.record(alarm(), []);
  const intruder = new BetterSqlite(join(bench.folder, journalFile));
  intruder.exec('BEGIN IMMEDIATE');
  const event = alarm();
  await expect(bench.journal.record(event, [])).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  intruder.exec('ROLLBACK');
  intruder.close();
  await recordUntilTaken(bench.journal, event);
  expect(bench.journal.read.find(event.id)).toBeDefined();
});

test('a journal thread that dies is replaced; what it had not committed is rejected, not forgotten', async () => {
  await using scope = new Scope();
  const workers: Worker[] = [];
  const queue = scope.own(
    await CommitQueue.open({
      file: join(freshFolder(scope), journalFile),
      clock: systemClock,
      log: silentLogger,
      // So long that it has surely not committed when it dies, however late our own timer is.
      commitDelay: millis(1_000),
      startWorker: (settings) => {
        const worker = startWorker(new URL('../../gateway/journal/journal-worker.ts', import.meta.url), { workerData: settings });
        workers.push(worker);
        return worker;
      },
      committed: () => undefined,
    }),
  );
  const record = (event: ReturnType<typeof alarm>) => queue.submit({ kind: 'record', event: eventRow(event), uplinks: [] });
  await record(alarm());
  const dying = alarm();
  const rejected = expect(record(dying)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  await systemClock.sleep(millis(10));
  await workers[0]!.terminate();
  await rejected;
  expect(await record(dying)).toMatchObject({ kind: 'recorded', position: 2 });
  expect(workers).toHaveLength(2);
});

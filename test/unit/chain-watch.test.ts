/** Somebody, or a dying disk, changes the journal behind the gateway's back: it is told, and alarms go on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { campusId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import type { HealthContext } from '../../gateway/health/check.ts';
import { journalChain } from '../../gateway/health/checks/journal-chain.ts';
import { openHealth } from '../../gateway/health/health.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { openChainWatch } from '../../gateway/journal/chain-watch.ts';
import { journalFile } from '../../gateway/journal/journal.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from '../support/eventually.ts';
import { alarm, freshFolder, openTestJournal } from '../support/spine.ts';

const events = 1_600;
const shared = new Scope();
/** The file of a journal, the zone of each event its position. */
let written: Buffer;
beforeAll(async () => {
  const folder = freshFolder(shared);
  {
    await using bench = await openTestJournal({ folder });
    await Promise.all(Array.from({ length: events }, (_, index) => bench.journal.record(alarm({ zone: `z${index + 1}` }), [])));
  }
  const file = new BetterSqlite(join(folder, journalFile));
  file.pragma('journal_mode = DELETE'); // all of it in the one file
  file.exec('VACUUM'); // and each event once: pages that were split keep what moved away
  file.close();
  written = readFileSync(join(folder, journalFile));
});
afterAll(() => shared[Symbol.asyncDispose]());

/** A gateway on that file after what was done to its bytes; its clock stands until it is moved. */
async function gatewayOn(harm: (bytes: Buffer) => void) {
  const scope = new Scope();
  const folder = freshFolder(scope);
  const bytes = Buffer.from(written);
  harm(bytes);
  writeFileSync(join(folder, journalFile), bytes);
  const clock = new ManualClock();
  const { journal } = scope.own(await openTestJournal({ folder, clock }));
  const inventory = {
    current: () => ({
      campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
      ...{ places: [], cameras: [], channels: [], panels: [], rules: [], uplinks: [] },
    }),
    changes: async function* () {},
  };
  const intake = openIntake({ journal, inventory, clock, log: silentLogger, recipients: () => [], requestSync: () => undefined });
  const chain = openChainWatch({ journal, clock, log: silentLogger });
  const health = openHealth({
    ...{ inventory, clock, log: silentLogger, checks: [journalChain] },
    context: { now: () => clock.now(), chainBroken: chain.broken } as Partial<HealthContext> as HealthContext, // all that this check asks
    openFaults: journal.read.openFaults(),
    raise: (fault) => intake.raiseFault(fault),
    clear: (raised) => intake.clearFault(raised),
  });
  const ending = new AbortController();
  const lives = [health.run(ending.signal), chain.run(ending.signal).catch(() => undefined)];
  scope.defer(async () => {
    ending.abort();
    await Promise.all(lives);
  });
  return {
    ...{ journal, chain, health, clock },
    told: () => health.device('gateway')?.faults.map(({ sentence }) => sentence) ?? [],
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** One bit of one letter of the body of that event. */
const flipped = (position: number) => (bytes: Buffer) => {
  const at = bytes.indexOf(`"zoneName":"Zone z${position}"`);
  expect(at).toBeGreaterThan(0);
  const letter = at + '"zoneName":"Z'.length;
  bytes.writeUInt8(bytes.readUInt8(letter) ^ 1, letter);
};

test('one changed bit among the newest events is told at once, before all of them are looked at, and alarms go on', async () => {
  await using gateway = await gatewayOn(flipped(1_590));
  await eventually(() => expect(gateway.chain.broken()).toEqual({ position: 1_590, what: 'altered' }));
  await gateway.clock.advance(seconds(3));
  await eventually(() => expect(gateway.told()).toHaveLength(1));
  const [sentence] = gateway.told();
  expect(sentence?.zh).toContain('第 1590 条与记录时不一致');
  expect(sentence?.en).toContain('Event 1590 of the journal is not as it was journalled');
  const recorded = await gateway.journal.record(alarm(), []);
  expect(recorded.entry.position).toBeGreaterThan(events);
  const raised = gateway.journal.read.events({ after: events, limit: 10, kinds: ['fault.raised'] });
  expect(raised.map(({ event }) => 'fault' in event && event.fault)).toEqual(['journal-chain']);
});

test('one changed bit among the oldest is found by and by, without holding up anything', async () => {
  await using gateway = await gatewayOn(flipped(300));
  await eventually(() => expect(gateway.clock.sleepers).toBeGreaterThan(1));
  expect(gateway.chain.broken()).toBeUndefined();
  for (let waits = 0; waits < 20 && !gateway.chain.broken(); waits += 1) await gateway.clock.advance(seconds(1));
  expect(gateway.chain.broken()).toEqual({ position: 300, what: 'altered' });
});

test('a part of the file that cannot be read is told, and alarms go on', async () => {
  await using gateway = await gatewayOn((bytes) => {
    const at = bytes.indexOf('"zoneName":"Zone z650"');
    const page = bytes.readUInt16BE(16);
    bytes.fill(0xff, at - (at % page), at - (at % page) + 8);
  });
  for (let waits = 0; waits < 20 && !gateway.chain.broken(); waits += 1) await gateway.clock.advance(seconds(1));
  // Read by slices of 200, so that it lies in the one that begins there.
  expect(gateway.chain.broken()).toEqual({ position: 601, what: 'unreadable' });
  expect((await gateway.journal.record(alarm(), [])).repeated).toBe(false);
});

test('of a journal that nobody touched nothing is said', async () => {
  await using gateway = await gatewayOn(() => undefined);
  for (let waits = 0; waits < 12; waits += 1) await gateway.clock.advance(seconds(1));
  expect(gateway.chain.broken()).toBeUndefined();
  expect(gateway.told()).toEqual([]);
});

/** The folder of evidence: what goes when its room is used up, in which order, and with which words. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type EvidenceFact, evidenceName } from '../../gateway/domain/evidence.ts';
import { type EventId, eventIdFrom } from '../../gateway/domain/ids.ts';
import { hours, instant, seconds } from '../../gateway/domain/time.ts';
import { EvidenceStore, type Purpose } from '../../gateway/evidence/store.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';

const folder = mkdtempSync(join(tmpdir(), 'evidence-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

let clock: ManualClock;
let open: Set<EventId>;
let told: EvidenceFact[];
let free: number;
let store: EvidenceStore;
beforeEach(() => {
  clock = new ManualClock();
  open = new Set();
  told = [];
  free = 10_000;
  store = new EvidenceStore({
    ...{ folder, clock, log: silentLogger, limits: { most: 1_000, leaveFree: 500, keepFor: hours(24) } },
    isOpen: (alarm) => open.has(alarm),
    tell: async (fact) => void told.push(fact),
    free: async () => free,
  });
});

const purpose = (severity: Purpose['severity'] = 1): Purpose => {
  const alarm = eventIdFrom(clock.now(), Buffer.alloc(10, told.length + store.files));
  return { name: evidenceName(`${alarm}.gate.clip`)!, severity, at: clock.now() };
};

/** A finished file of so many bytes; undefined: it was given no room. */
async function keep(bytes: number, about: Purpose = purpose()) {
  const file = `${about.name.evidence}.mp4`;
  store.add(file, about);
  if (!(await store.room(file, bytes))) {
    store.settle(file, 0);
    return undefined;
  }
  writeFileSync(join(folder, file), Buffer.alloc(bytes));
  store.settle(file, bytes);
  await clock.advance(seconds(1));
  return about;
}

const removed = () => told.map((fact) => [fact.evidence, 'cause' in fact ? fact.cause : '']);
const lies = ({ name }: Purpose) => existsSync(join(folder, `${name.evidence}.mp4`));

test('where the room ends the oldest goes, with a word', async () => {
  const [first, second] = [await keep(400), await keep(400)];
  const third = await keep(400);
  expect([first, second, third].map((one) => lies(one!))).toEqual([false, true, true]);
  expect(removed()).toEqual([[first!.name.evidence, 'room']]);
  expect(store.find(first!.name.evidence)).toBeUndefined();
  expect(store.bytes).toBe(800);
});

test('that of an alarm which nobody has taken on goes last, and only for one that is as severe', async () => {
  const first = await keep(400);
  open.add(first!.name.alarm);
  const second = await keep(400);
  const third = await keep(400);
  open.add(third!.name.alarm);
  expect(removed()).toEqual([[second!.name.evidence, 'room']]);
  expect(await keep(400, purpose(2))).toBeUndefined();
  expect(lies(first!)).toBe(true);
  await keep(400);
  expect(removed().at(-1)).toEqual([first!.name.evidence, 'open-alarm']);
});

test('what is being written never goes: newer evidence is refused instead', async () => {
  const writing = purpose();
  store.add('writing.mp4', writing);
  expect(await store.room('writing.mp4', 900)).toBe(true);
  await clock.advance(seconds(1));
  expect(await keep(400)).toBeUndefined();
  store.settle('writing.mp4', 300);
  expect(await keep(400)).toBeDefined();
  expect(removed()).toEqual([]);
});

test('many who ask at once are never given more than there is', async () => {
  const asked = Array.from({ length: 50 }, (_, index) => `${index}.mp4`);
  for (const file of asked) {
    store.add(file, purpose());
    await clock.advance(seconds(1));
  }
  const given = await Promise.all(asked.map((file) => store.room(file, 90)));
  expect(given.filter(Boolean)).toHaveLength(11);
  expect(store.bytes).toBe(990);
});

test('the journal keeps its part of the disk', async () => {
  free = 800;
  expect(await keep(400)).toBeUndefined();
  expect(await keep(200)).toBeDefined();
});

test('what was kept long enough goes, but for alarms that nobody has taken on', async () => {
  const [taken, waiting] = [await keep(100), await keep(100)];
  open.add(waiting!.name.alarm);
  await clock.advance(hours(25));
  const young = await keep(100);
  await store.sweep();
  expect(removed()).toEqual([[taken!.name.evidence, 'age']]);
  expect([waiting, young].map((one) => lies(one!))).toEqual([true, true]);
});

test('what the journal could not be told of stays', async () => {
  const about = await keep(400);
  const stubborn = new EvidenceStore({
    ...{ folder, clock, log: silentLogger, limits: { most: 500, leaveFree: 0, keepFor: hours(24) } },
    isOpen: () => false,
    tell: () => Promise.reject(new Error('no journal')),
    free: async () => 10_000,
  });
  await stubborn.found(`${about!.name.evidence}.mp4`, about!);
  stubborn.add('next.mp4', { ...purpose(), at: instant(clock.now()) });
  await expect(stubborn.room('next.mp4', 400)).rejects.toThrow('no journal');
  expect(lies(about!)).toBe(true);
});

import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBacklog } from '../../adapters/panels/broker-backlog.ts';
import { type Millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { aliveFile, openLastAlive } from '../../gateway/runtime/last-alive.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { freshFolder } from '../support/spine.ts';

let scope: Scope;
let folder: string;
let clock: ManualClock;

beforeEach(() => {
  scope = new Scope();
  folder = freshFolder(scope);
  clock = new ManualClock();
});

afterEach(() => scope[Symbol.asyncDispose]());

/** One life of a box: stopped after so long. */
async function live(length: Millis): Promise<void> {
  const over = new AbortController();
  const running = (await openLastAlive(folder, clock)).run(over.signal);
  await clock.advance(length);
  over.abort();
  await running;
}

/** What a press is that waited at the broker for a box that starts now. */
async function waitedPress(): Promise<'of now' | 'history'> {
  const line = openBacklog(clock, (await openLastAlive(folder, clock)).away);
  line.connected(true);
  return line.waited({ qos: 1, retain: false }) ? 'history' : 'of now';
}

test('what waited for a box that was off for three seconds is of now, for one that was off for an hour it is history', async () => {
  await live(minutes(2));
  await clock.advance(seconds(3));
  expect(await waitedPress()).toBe('of now');
  await clock.advance(minutes(60));
  expect(await waitedPress()).toBe('history');
});

test('a box that never ran, or that ends before it has read what waited, was away for as long as before', async () => {
  expect(await waitedPress()).toBe('history');
  await live(minutes(2));
  await clock.advance(minutes(60));
  await live(seconds(50));
  expect(await waitedPress()).toBe('history');
});

test('a clock that was set back makes history of nothing', async () => {
  await live(minutes(2));
  const ahead = (clock.now() + minutes(60)) / 1_000;
  utimesSync(join(folder, aliveFile), ahead, ahead);
  expect(await waitedPress()).toBe('of now');
});

/** What is kept of an alarm: over a real journal, a real media plane and a real ffmpeg. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { channelId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { openEvidenceSchool } from '../support/evidence-school.ts';
import { peer } from '../support/peers.ts';
import { probe } from '../support/recordings.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';

const folders: string[] = [];
const fresh = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'evidence-')));
  return folders.at(-1)!;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const ffprobe = peer('ffprobe');
const gate = channelId('gate');
const yard = channelId('yard');
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

test('a press with two cameras, of which one dies at that moment: stills and clips of both, each with its hash and what it lacks', async () => {
  await using camera = await openTestCamera();
  const dying = await openTestCamera();
  await using school = await openEvidenceSchool({
    folder: fresh(),
    channels: [gate, yard],
    url: (channel) => (channel === 'yard' ? dying.url : camera.url),
    settings: { after: seconds(5) },
  });
  await eventually(async () => expect(await school.ringsReach(2_500)).toBe(true));
  const pressed = clock.now();
  const alarm = await school.press();
  await dying[Symbol.asyncDispose]();
  await eventually(() => expect(school.of(alarm).map(({ state }) => state)).toEqual(['complete', 'complete', 'growing', 'growing']));
  if (ffprobe) expect(probe(ffprobe, school.path(school.of(alarm)[3]!.evidence)).complaints).toBe('');
  await eventually(() => expect(school.of(alarm).map(({ state }) => state)).toEqual(['complete', 'complete', 'complete', 'cut-short']), seconds(20));
  for (const { evidence, medium, from, bytes, sha256: told } of school.of(alarm)) {
    const path = school.path(evidence);
    expect({ bytes, told }).toEqual({ bytes: statSync(path).size, told: sha256(path) });
    if (medium === 'clip') expect(from).toBeLessThanOrEqual(pressed - 2_000);
    else expect(readFileSync(path).subarray(0, 3)).toEqual(Buffer.from('ffd8ff', 'hex'));
  }
  expect(school.of(alarm)[3]!.reason?.en).toMatch(/^There are no pictures from [\d.]+ s (before|after) the press to 5\.\d s after the press\.$/);
});

test('alarms whose times overlap share one recording; a ring that was not full is told; what is not recorded at all is missing', async () => {
  await using camera = await openTestCamera();
  const folder = fresh();
  await using school = await openEvidenceSchool({ folder, channels: [gate], url: () => camera.url, settings: { after: seconds(4) } });
  await eventually(async () => expect(await school.ringsReach(300)).toBe(true));
  const first = await school.press([gate, yard]);
  const second = await school.press([gate]);
  const ended = (alarm: typeof first) =>
    school
      .of(alarm)
      .filter(({ medium }) => medium === 'clip')
      .map(({ state, sha256: hash, reason }) => ({ state, hash, reason: reason?.en }));
  await eventually(
    () => expect([...ended(first), ...ended(second)].map(({ state }) => state)).toEqual(['cut-short', 'missing', 'cut-short']),
    seconds(30),
  );
  expect(ended(first)[0]!.reason).toMatch(/^It begins only [\d.]+ s before the press: nothing earlier had been recorded\.$/);
  expect(ended(first)[0]!.hash).toBe(ended(second)[0]!.hash);
  expect(readdirSync(join(folder, 'evidence')).filter((name) => name.endsWith('.mp4'))).toHaveLength(1);
});

test('the oldest goes where the room ends, that of an alarm nobody has taken on the last, and always with a word', async () => {
  await using camera = await openTestCamera();
  const step = 4 * 1024 * 1024;
  await using school = await openEvidenceSchool({
    ...{ folder: fresh(), channels: [gate], url: () => camera.url },
    // Room for one recording and what some finished ones have.
    settings: { most: step + 250_000, before: millis(500), after: seconds(0.5) },
  });
  await eventually(async () => expect(await school.ringsReach(500)).toBe(true));
  const settled = (alarm: Awaited<ReturnType<typeof school.press>>) =>
    eventually(() => expect(school.of(alarm).every(({ state }) => state !== 'growing' && state !== 'awaited')).toBe(true), seconds(20));
  const closed = await school.press();
  await settled(closed);
  await school.acknowledge(closed);
  for (let count = 0; count < 12 && school.of(closed).some(({ state }) => state !== 'removed'); count += 1) {
    await settled(await school.press());
  }
  expect(school.of(closed).map(({ state, reason }) => [state, reason?.en.slice(0, 30)])).toEqual([
    ['removed', 'The room for evidence was used'],
    ['removed', 'The room for evidence was used'],
  ]);
  const petty = await school.press([gate], { severity: 3 });
  await settled(petty);
  expect(school.of(petty).find(({ medium }) => medium === 'clip')).toMatchObject({
    state: 'missing',
    reason: { en: expect.stringContaining('used up') },
  });
  const grave = await school.press();
  await settled(grave);
  expect(school.of(grave).map(({ state }) => state)).toEqual(['complete', 'complete']);
  const causes = school.journal.read.events({ limit: 1_000, kinds: ['evidence.removed'] }).map(({ event }) => 'cause' in event && event.cause);
  expect(causes[0]).toBe('room');
  expect(causes.at(-1)).toBe('open-alarm');
  expect(school.keeper.figures().bytes).toBeLessThanOrEqual(step + 250_000);
});

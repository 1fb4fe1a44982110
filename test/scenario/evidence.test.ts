/** What is kept of an alarm: over a real journal, a real media plane and a real ffmpeg. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { evidenceLinks } from '../../gateway/domain/evidence.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { MediaSaboteur } from '../../gateway/media/sabotage.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { openEvidenceSchool } from '../support/evidence-school.ts';
import { peer } from '../support/peers.ts';
import { probe } from '../support/recordings.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { openTestJournal, alarm as someAlarm } from '../support/spine.ts';

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

test.concurrent('a press with two cameras, of which one dies at that moment: stills and clips of both, each with its hash and what it lacks', async () => {
  await using camera = await openTestCamera();
  const dying = await openTestCamera();
  await using school = await openEvidenceSchool({
    folder: fresh(),
    channels: [gate, yard],
    url: (channel) => (channel === 'yard' ? dying.url : camera.url),
    settings: { after: seconds(5) },
    worker: false,
  });
  await eventually(async () => expect(await school.ringsReach(2_500)).toBe(true));
  const pressed = clock.now();
  const alarm = await school.press();
  await dying[Symbol.asyncDispose]();
  // Stills are made meanwhile: on a busy machine they may be the last.
  await eventually(() =>
    expect(
      school
        .of(alarm)
        .map(({ state }) => state)
        .slice(2),
    ).toEqual(['growing', 'growing']),
  );
  if (ffprobe) expect((await probe(ffprobe, school.path(school.of(alarm)[3]!.evidence))).complaints).toBe('');
  // Where this machine itself stands still for seconds, so do the pictures of the camera that is well, and that is told.
  const ends = () => school.of(alarm).map(({ state, reason }) => (reason?.en.includes('There are no pictures') ? 'gap' : state));
  await eventually(() => expect(ends()).toEqual(['complete', 'complete', expect.stringMatching(/^(complete|gap)$/), 'gap']), seconds(40));
  expect(school.of(alarm)[2]!.to).toBeGreaterThan(school.of(alarm)[3]!.to!);
  for (const { evidence, medium, from, bytes, sha256: told } of school.of(alarm)) {
    const path = school.path(evidence);
    expect({ bytes, told }).toEqual({ bytes: statSync(path).size, told: sha256(path) });
    if (medium === 'clip') expect(from).toBeLessThanOrEqual(pressed - 2_000);
    else expect(readFileSync(path).subarray(0, 3)).toEqual(Buffer.from('ffd8ff', 'hex'));
  }
  expect(school.of(alarm)[3]!.reason?.en).toMatch(/^There are no pictures from [\d.]+ s (before|after) the press to [5-9]\.\d s after the press\.$/);
}, 180_000);

test.concurrent('alarms whose times overlap share one recording; a ring that was not full is told; what is not recorded at all is missing', async () => {
  await using camera = await openTestCamera();
  const folder = fresh();
  await using school = await openEvidenceSchool({ folder, channels: [gate], url: () => camera.url, settings: { after: seconds(8) }, worker: false });
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
}, 180_000);

test.concurrent('what a dying box left is found at its next start: kept with its whole pictures, or told to be missing', async () => {
  const folder = fresh();
  const fragments = readFileSync(new URL('../fixtures/media/ffmpeg-fragmented.mp4', import.meta.url));
  const press = (channel = gate) => {
    const at = clock.now();
    const alarm = someAlarm();
    return { ...alarm, occurredAt: at, receivedAt: at, channels: [channel], evidence: evidenceLinks(alarm.id, [channel]) };
  };
  const [begun, stray, lost] = [press(), press(), press()];
  const clipOf = ({ evidence }: ReturnType<typeof press>) => evidence[1]!.id;
  mkdirSync(join(folder, 'evidence'));
  {
    const { journal, ...bench } = await openTestJournal({ folder });
    for (const alarm of [begun, stray, lost]) await journal.record(alarm, []);
    for (const alarm of [begun, lost]) {
      const name = { alarm: alarm.id, evidence: clipOf(alarm), medium: 'clip', channel: gate } as const;
      const fact = { ...name, kind: 'evidence.begun', file: `${clipOf(alarm)}.mp4` } as const;
      await journal.record({ ...fact, id: someAlarm().id, campus: alarm.campus, receivedAt: clock.now(), clockTrust: 'none' }, []);
    }
    await bench[Symbol.asyncDispose]();
  }
  for (const alarm of [begun, stray]) writeFileSync(join(folder, 'evidence', `${clipOf(alarm)}.mp4.part`), fragments.subarray(0, 4_000));
  await using school = await openEvidenceSchool({ folder, channels: [], url: () => 'rtsp://127.0.0.1:1/', worker: false });
  const clip = (alarm: typeof begun) => school.of(alarm)[1]!;
  await eventually(() => expect([begun, stray, lost].map((alarm) => clip(alarm).state)).toEqual(['cut-short', 'cut-short', 'missing']));
  expect(clip(begun)).toMatchObject({ bytes: 3_843, reason: { en: expect.stringContaining('broke off while it recorded') } });
  expect(sha256(school.path(clipOf(begun)))).toBe(clip(begun).sha256);
  expect(readdirSync(join(folder, 'evidence')).filter((name) => name.endsWith('.part'))).toEqual([]);
}, 180_000);

test.concurrent('a media worker that dies costs a clip its rest, not its beginning, and no alarm', async () => {
  await using camera = await openTestCamera();
  const saboteur = new MediaSaboteur();
  await using school = await openEvidenceSchool({
    folder: fresh(),
    channels: [gate],
    url: () => camera.url,
    saboteur,
    settings: { after: seconds(30) },
  });
  await eventually(async () => expect(await school.ringsReach(1_000)).toBe(true));
  const alarm = await school.press();
  await eventually(() => expect(school.of(alarm)[1]!.bytes).toBeGreaterThan(0));
  saboteur.break('crash');
  await eventually(() => expect(school.of(alarm)[1]!.state).toBe('cut-short'));
  const { evidence, bytes, sha256: told, reason } = school.of(alarm)[1]!;
  expect({ bytes, told }).toEqual({ bytes: statSync(school.path(evidence)).size, told: sha256(school.path(evidence)) });
  expect(reason?.en).toContain('The media worker was restarted');
}, 180_000);

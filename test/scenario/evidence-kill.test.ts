/** kill -9 in the middle of a clip. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { eventId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from '../support/eventually.ts';
import { openEvidenceSchool } from '../support/evidence-school.ts';
import { peer } from '../support/peers.ts';
import { probe } from '../support/recordings.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { freshFolder } from '../support/spine.ts';

const child = fileURLToPath(new URL('../support/evidence-child.ts', import.meta.url));
const ffprobe = peer('ffprobe');

/** Kills it once the clip has grown so many times since the press: in the middle of whatever it does then. */
async function recordUntilKilled(folder: string, url: string, growths: number): Promise<{ readonly alarm: string; readonly bytes: number }> {
  const box = spawn(process.execPath, ['--import', 'tsx', child, folder, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => box.once('close', resolve));
  let alarm = '';
  let seen = 0;
  let bytes = 0;
  for await (const line of createInterface({ input: box.stdout })) {
    const [word, what = ''] = line.split(' ');
    if (word === 'pressed') alarm = what;
    if (word !== 'grown' || Number(what) <= bytes) continue;
    bytes = Number(what);
    seen += 1;
    if (seen === growths) box.kill('SIGKILL');
  }
  await ended;
  return { alarm, bytes };
}

test('what was recorded before a kill -9 is kept to its last whole picture, says that it was cut, has the hash that it says, and plays', async () => {
  await using scope = new Scope();
  await using camera = await openTestCamera();
  const folder = freshFolder(scope);
  const { alarm, bytes: told } = await recordUntilKilled(folder, camera.url, 3);
  await using box = await openEvidenceSchool({ folder, channels: [], url: () => camera.url, worker: false });
  const event = box.journal.read.find(eventId(alarm))?.event as AlarmRaised;
  const clip = () => box.of(event)[1]!;
  await eventually(() => expect(clip().state).toBe('cut-short'), seconds(20));
  const { evidence, bytes, sha256, from, to, reason } = clip();
  expect(reason?.en).toMatch(
    /The gateway broke off while it recorded: what had been written was kept\. It ends [\d.]+ s (before|after) the press\.$/,
  );
  // Nothing that anybody had been told of is lost.
  expect(bytes).toBeGreaterThanOrEqual(told);
  const path = box.path(evidence);
  expect(bytes).toBe(statSync(path).size);
  expect(sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  expect(from!).toBeLessThan(to!);
  expect(from!).toBeLessThan(event.receivedAt);
  expect(readdirSync(join(folder, 'evidence')).filter((name) => name.endsWith('.part'))).toEqual([]);
  if (ffprobe) expect(probe(ffprobe, path).complaints).toBe('');
}, 120_000);

/** From the recorder ring into a file: what is kept of an alarm, whatever happens to camera, disk and box. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import type { MediaPlane } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { growing } from '../../gateway/runtime/growing-file.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { gate, resolverOf } from '../contract/media-plane.ts';
import { eventually } from '../support/eventually.ts';
import { peer } from '../support/peers.ts';
import { probe, startRecording } from '../support/recordings.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';

const folder = mkdtempSync(join(tmpdir(), 'clips-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffprobe = peer('ffprobe');
const sound = { complaints: '', codec: 'h264', seconds: 9 };
const probed = async (file: string) => (ffprobe ? probe(ffprobe, file) : sound);
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const roomy = 100 * 1024 * 1024;

async function recorded(plane: MediaPlane, reach: number): Promise<void> {
  await plane.record([{ channel: gate, profile: 'main' }]);
  await eventually(async () => expect((await plane.telemetry())[0]?.ring?.reach ?? 0).toBeGreaterThan(reach));
}

test.concurrent('a clip holds what was before it, plays while it grows, and is as its hash says at the end, camera or not', async () => {
  const camera = await openTestCamera();
  await using plane = openMediaPlane({
    resolve: resolverOf(camera),
    clock,
    log: silentLogger,
    settings: { ringLength: seconds(3) },
    limits: 'unwatched',
  });
  await recorded(plane, 3_000);
  const pressed = clock.now();
  const file = join(folder, 'cut.mp4');
  const clip = await startRecording(plane, gate, { file, reach: seconds(2), lasting: seconds(6), room: roomy });
  await camera[Symbol.asyncDispose]();
  await eventually(() => expect(clip.messages[0]?.kind).toBe('grown'));
  expect(existsSync(file)).toBe(false);
  const whileItGrows = await probed(growing(file));
  expect(whileItGrows).toMatchObject({ complaints: '', codec: 'h264' });
  expect(whileItGrows.seconds).toBeGreaterThan(0.1);
  const end = await clip.ended;
  expect(end).toMatchObject({ bytes: readFileSync(file).length, sha256: sha256(file) });
  expect(end.from).toBeLessThanOrEqual(pressed - 2_000);
  // Nothing came after the camera was gone: that is told.
  expect(end.gaps).toEqual([{ from: end.to, to: expect.any(Number) }]);
  expect((await probed(file)).complaints).toBe('');
}, 60_000);

test.concurrent('a clip that is to go on does, and one that is given no more room ends with a whole picture', async () => {
  await using camera = await openTestCamera();
  await using plane = openMediaPlane({ resolve: resolverOf(camera), clock, log: silentLogger, worker: false, settings: { ringLength: seconds(1) } });
  await recorded(plane, 1_000);
  const longer = await startRecording(plane, gate, { file: join(folder, 'longer.mp4'), reach: seconds(1), lasting: seconds(0.5), room: roomy });
  const small = await startRecording(plane, gate, { file: join(folder, 'small.mp4'), reach: seconds(1), lasting: seconds(60), room: 30_000 });
  longer.order({ kind: 'lasting', lasting: seconds(5) });
  await eventually(() => expect(small.messages.some(({ kind }) => kind === 'wants')).toBe(true));
  small.order({ kind: 'room', room: 60_000 });
  const refusing = setInterval(() => small.order({ kind: 'room' }), 50);
  const cut = await small.ended.finally(() => clearInterval(refusing));
  expect(cut).toMatchObject({ cut: 'no-room', sha256: sha256(join(folder, 'small.mp4')) });
  expect(cut.bytes).toBeLessThanOrEqual(60_000);
  const whole = await longer.ended;
  expect(whole.cut).toBeUndefined();
  expect(whole.to! - whole.from!).toBeGreaterThan(2_500);
}, 180_000);

test.concurrent('what a crash left is kept with its whole pictures and its own time, and hashed', async () => {
  await using camera = await openTestCamera();
  await using plane = openMediaPlane({ resolve: resolverOf(camera), clock, log: silentLogger, worker: false, settings: { ringLength: seconds(1) } });
  await recorded(plane, 1_000);
  const file = join(folder, 'left.mp4');
  const clip = await startRecording(plane, gate, { file: join(folder, 'whole.mp4'), reach: seconds(1), lasting: seconds(1), room: roomy });
  const { from, to, bytes } = await clip.ended;
  copyFileSync(join(folder, 'whole.mp4'), growing(file));
  truncateSync(growing(file), bytes - 7);
  const mended = await plane.mendRecording(file);
  expect(mended).toMatchObject({ bytes: readFileSync(file).length, sha256: sha256(file) });
  expect(mended.bytes).toBeLessThan(bytes);
  expect(Math.abs(mended.from! - from!)).toBeLessThan(5);
  // By the camera's clock: on a busy machine its pictures come late.
  expect(Math.abs(mended.to! - to!)).toBeLessThan(10_000);
  expect((await probed(file)).complaints).toBe('');
  expect(await plane.mendRecording(file)).toEqual(mended);
  expect(await plane.mendRecording(join(folder, 'nothing.mp4'))).toEqual({ bytes: 0 });
}, 180_000);

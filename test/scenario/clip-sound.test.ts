/** The sound of clips. */
import { copyFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { growing } from '../../gateway/runtime/growing-file.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { gate } from '../contract/media-plane.ts';
import { eventually } from '../support/eventually.ts';
import { peer } from '../support/peers.ts';
import { probe, startRecording } from '../support/recordings.ts';
import { doorAccount, openTestDoor } from '../support/rtsp-door.ts';
import { runProgram } from '../support/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'clip-sound-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ffprobe = peer('ffprobe');
const roomy = 100 * 1024 * 1024;

test('a clip has the sound of its camera at its place beside the pictures, whole or cut, and none where none is wanted', async () => {
  await using door = await openTestDoor([]);
  await using plane = openMediaPlane({
    resolve: async (_, profile) => ({ camera: cameraId('door'), profile, url: door.url, ...doorAccount }),
    ...{ clock, log: silentLogger, worker: false, settings: { ringLength: seconds(2) } },
  });
  await plane.record([{ channel: gate, profile: 'main' }]);
  await eventually(async () => expect((await plane.telemetry())[0]?.ring?.reach ?? 0).toBeGreaterThan(1_500));
  const file = join(folder, 'heard.mp4');
  const mute = join(folder, 'mute.mp4');
  const clip = await startRecording(plane, gate, { file, reach: seconds(1.5), lasting: seconds(2), room: roomy });
  const silent = await startRecording(plane, gate, { file: mute, reach: seconds(1.5), lasting: seconds(1), room: roomy, sound: false });
  const { bytes } = await clip.ended;
  await silent.ended;
  const left = join(folder, 'heard-left.mp4');
  copyFileSync(file, growing(left));
  truncateSync(growing(left), bytes - 500);
  const mended = await plane.mendRecording(left);
  if (!ffprobe) return;
  for (const whole of [file, left]) {
    const sight = await probe(ffprobe, whole);
    const heard = await probe(ffprobe, whole, 'a');
    expect({ sight: sight.codec, heard: heard.codec, complaints: sight.complaints + heard.complaints }).toEqual({
      sight: 'h264',
      heard: 'flac',
      complaints: '',
    });
    expect(Math.abs(heard.seconds - sight.seconds)).toBeLessThan(3);
    expect(heard.seconds).toBeGreaterThan(0.5);
    expect((await runProgram(ffprobe.replace(/ffprobe$/, 'ffmpeg'), ['-v', 'error', '-xerror', '-i', whole, '-f', 'null', '-'])).errors).toBe('');
  }
  const length = (mended.to! - mended.from!) / 1_000;
  expect(length).toBeGreaterThan(0.5);
  expect(length).toBeLessThan((await probe(ffprobe, left)).seconds + 0.1);
  expect((await probe(ffprobe, mute, 'a')).codec).toBeUndefined();
}, 60_000);

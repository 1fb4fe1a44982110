/** Single pictures and the seconds before now, through the whole gateway and a real ffmpeg. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTranscoder } from '../../adapters/transcode/ffmpeg.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { openSnapshots } from '../../gateway/media/snapshots.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { resolverOf } from '../contract/media-plane.ts';
import { eventually } from '../support/eventually.ts';
import { school } from '../support/http-school.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';

const gate = channelId('gate');
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a snapshot is a JPEG of the newest keyframe, made once for all who ask within a second', async () => {
  await using camera = await openTestCamera();
  await using media = openMediaPlane({ resolve: resolverOf(camera), clock, log: silentLogger, worker: false });
  let made = 0;
  const transcoder = await openTranscoder();
  const snapshots = openSnapshots({
    media,
    clock,
    jpegsOf: (negatives, signal) => {
      made += negatives.length;
      return transcoder.snapshots(negatives, signal);
    },
  });
  const all = await Promise.all([1, 2, 3].map(() => snapshots.take({ channel: gate, profile: 'main', width: 160 })));
  expect(made).toBe(1);
  const decoded = spawnSync(transcoder.ffmpeg.path, ['-v', 'error', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], {
    input: all[0]!.jpeg,
  });
  expect(decoded.stdout.length).toBe(160 * 120);
  expect(clock.now() - all[0]!.capturedAt).toBeLessThan(30_000);
});

test('a failure is told to all who asked, and not kept', async () => {
  let asked = 0;
  const media = {
    keyframe: async () => {
      asked += 1;
      throw new Error('no camera');
    },
  };
  const snapshots = openSnapshots({ media, clock, jpegsOf: async () => [] });
  await expect(snapshots.take({ channel: gate, profile: 'sub' })).rejects.toThrow('no camera');
  await expect(snapshots.take({ channel: gate, profile: 'sub' })).rejects.toThrow('no camera');
  expect(asked).toBe(2);
});

test('by HTTP: the picture with its age, and nothing for strangers or of unknown channels', async () => {
  await using campus = await school();
  const cookie = await campus.signIn('viewer');
  const answer = await campus.call('GET', '/media/v1/channels/gate/snapshot?width=320', { cookie });
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/jpeg', age: '0' } });
  expect(Date.parse(String(answer.headers['captured-at']))).toBeGreaterThan(0);
  expect((await campus.call('GET', '/media/v1/channels/nowhere/snapshot', { cookie })).status).toBe(404);
  expect((await campus.call('GET', '/media/v1/channels/gate/snapshot?width=2', { cookie })).status).toBe(400);
  expect((await campus.call('GET', '/media/v1/channels/gate/snapshot')).status).toBe(401);
  expect((await campus.call('GET', '/media/v1/channels/gate/recent', { cookie })).status).toBe(403);
});

test('the recording of a channel whose camera has died is a film that ffmpeg decodes without a word', async () => {
  const camera = await openTestCamera();
  await using media = openMediaPlane({ resolve: resolverOf(camera), clock, log: silentLogger, worker: false, settings: { ringLength: seconds(2) } });
  await using campus = await school({ media });
  const cookie = await campus.signIn('operator');
  expect((await campus.call('GET', '/media/v1/channels/gate/recent', { cookie })).status).toBe(404);
  await media.record([{ channel: gate, profile: 'main' }]);
  await eventually(async () => expect((await media.telemetry())[0]?.ring?.reach).toBeGreaterThan(2_000));
  await camera[Symbol.asyncDispose]();
  const answer = await campus.call('GET', '/media/v1/channels/gate/recent', { cookie });
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'video/mp4' } });
  const film = join(folder, 'recent.mp4');
  writeFileSync(film, answer.bytes);
  const { path } = await findFfmpeg();
  const decoded = spawnSync(path, ['-v', 'error', '-xerror', '-i', film, '-f', 'null', '-'], { encoding: 'utf8' });
  expect(decoded).toMatchObject({ status: 0, stderr: '' });
});

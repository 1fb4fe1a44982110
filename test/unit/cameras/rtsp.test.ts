/** The bare RTSP adapter against a real RTSP server. */
import { expect, test } from 'vitest';
import { rtsp } from '../../../adapters/cameras/rtsp.ts';
import type { Camera } from '../../../gateway/domain/campus.ts';
import { cameraId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { openTestCamera } from '../../support/rtsp-camera.ts';

const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLogger };

const cameraAt = (address: string, password: string): Camera => ({
  id: cameraId('yard'),
  name: 'Yard',
  adapter: 'rtsp',
  address,
  credentials: { username: 'gateway', password: new Secret(password) },
  settings: {},
  enabled: true,
  maintenance: false,
});

test('a camera is connected, probed, and gives its addresses', async () => {
  await using camera = await openTestCamera({ password: 'right' });
  await using session = await rtsp.connect(cameraAt(camera.url, 'right'), { sub: 'rtsp://127.0.0.1:1/sub' }, context, signal);
  expect(session.profiles.map(({ use, codec }) => [use, codec])).toEqual([
    ['main', 'H264'],
    ['sub', ''],
  ]);
  // RTSP tells no clock before it plays: an offset of 0 would be a claim.
  expect([session.clockOffset, await session.probe(signal)]).toEqual([undefined, {}]);
  expect(await session.streamAddress('main', signal)).toEqual({
    camera: 'yard',
    profile: 'main',
    url: camera.url,
    username: 'gateway',
    password: 'right',
  });
  expect((await session.streamAddress('sub', signal)).url).toBe('rtsp://127.0.0.1:1/sub');
  expect(await session.snapshotAddress(signal)).toBeUndefined();
  await expect(session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED' });
});

test('a wrong password costs at most two requests with credentials', async () => {
  await using camera = await openTestCamera({ password: 'right' });
  await expect(rtsp.connect(cameraAt(camera.url, 'wrong'), {}, context, signal)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
  expect(camera.credentialed).toBeLessThanOrEqual(2);
});

test('a camera that is off is unreachable, and nobody at home is too', async () => {
  const camera = await openTestCamera();
  await camera[Symbol.asyncDispose]();
  await expect(rtsp.connect(cameraAt(camera.url, 'x'), {}, context, signal)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
});

test('settings that are no rtsp:// address are refused with their path', () => {
  const checked = rtsp.config.safeParse({ sub: 'file:///etc/passwd' });
  expect(checked.success).toBe(false);
  expect(checked.error?.issues[0]?.path).toEqual(['sub']);
  expect(rtsp.config.safeParse({ unknown: 1 }).success).toBe(false);
});

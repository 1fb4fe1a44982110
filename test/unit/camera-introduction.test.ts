/** The look at a camera before it is entered. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import { rtsp } from '../../adapters/cameras/rtsp.ts';
import type { CameraAdapter } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { minutes } from '../../gateway/domain/time.ts';
import { introduceCamera } from '../../gateway/fleet/camera-introduction.ts';
import { openCameraRefusals } from '../../gateway/fleet/camera-refusals.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { cameraShop, context, entered, username } from '../support/simulated-camera.ts';

const signal = new AbortController().signal;
let shop: Awaited<ReturnType<typeof cameraShop>>;
beforeAll(async () => {
  shop = await cameraShop();
});
afterAll(() => shop[Symbol.asyncDispose]());

function registered<Config>(adapter: CameraAdapter<Config>): CameraAdapter<unknown> {
  return { ...adapter, connect: (camera, config, around, during) => adapter.connect(camera, adapter.config.parse(config), around, during) };
}
const adapters = new Map([registered(onvif), registered(rtsp)].map((adapter) => [adapter.kind, adapter]));

test('tells what an ONVIF camera is and offers, its streams and its snapshot', async () => {
  await using camera = await shop.open();
  const seen = await introduceCamera(entered(camera.onvifAddress), { adapters, refusals: openCameraRefusals(context.clock), ...context }, signal);
  expect(seen).toEqual({
    camera: {
      ...{ model: 'Simulated SIM-IPC-1', firmware: '1.0.0', serial: expect.stringMatching(/^SIM/), clockOffset: expect.any(Number) },
      profiles: [expect.objectContaining({ use: 'main', width: 320 }), expect.objectContaining({ use: 'sub', width: 160 })],
      streams: camera.rtspAddress,
      snapshot: camera.onvifAddress.replace('device_service', 'snapshot/main'),
    },
  });
});

test('tells what little a bare RTSP camera tells', async () => {
  await using camera = await shop.open();
  const candidate = entered(camera.rtspAddress.main, { adapter: 'rtsp', settings: { sub: camera.rtspAddress.sub } });
  const { camera: seen } = await introduceCamera(candidate, { adapters, refusals: openCameraRefusals(context.clock), ...context }, signal);
  expect(seen).toMatchObject({ streams: camera.rtspAddress });
  expect([seen?.snapshot, seen?.clockOffset]).toEqual([undefined, undefined]);
});

test('tries a refused password once, and again after five minutes or another password', async () => {
  await using camera = await shop.open();
  const clock = new ManualClock();
  const refusals = openCameraRefusals(clock);
  const visit = (password: string) =>
    introduceCamera(
      entered(camera.onvifAddress, { credentials: { username, password: new Secret(password) } }),
      { adapters, refusals, ...context },
      signal,
    );
  for (let time = 0; time < 3; time += 1) await expect(visit('wrong')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
  expect(camera.counters.http.refused).toBe(1);
  await expect(visit('wrong, too')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
  expect(camera.counters.http.refused).toBe(2);
  await clock.advance(minutes(5));
  await expect(visit('wrong')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
  expect(camera.counters.http.refused).toBe(3);
});

test('a certificate that is not the confirmed one is no introduction', async () => {
  await using camera = await shop.open({ https: true });
  const candidate = entered(camera.onvifAddress, { fingerprint256: Array(32).fill('00').join(':') });
  const visit = introduceCamera(candidate, { adapters, refusals: openCameraRefusals(context.clock), ...context }, signal);
  await expect(visit).rejects.toMatchObject({ code: 'CAMERA_CERTIFICATE' });
});

test.each([
  [{ adapter: 'kodak' }, 'wants the adapter'],
  [{ settings: { otherHosts: 'sometimes' } }, 'settings'],
])('what cannot be a camera is told as such: %o', async (more, says) => {
  const visit = introduceCamera(entered('http://127.0.0.1:1/', more), { adapters, refusals: openCameraRefusals(context.clock), ...context }, signal);
  await expect(visit).rejects.toMatchObject({ code: 'INVENTORY_INVALID', message: expect.stringContaining(says) });
});

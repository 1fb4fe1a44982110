/** ONVIF over HTTPS: the certificate that a person has confirmed, or not a word. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CameraSimulator } from '../../simulators/camera/simulator.ts';
import { cameraShop, hasty, signInTo } from '../support/simulated-camera.ts';

const signal = new AbortController().signal;
let shop: Awaited<ReturnType<typeof cameraShop>>;
beforeAll(async () => {
  shop = await cameraShop();
});
afterAll(() => shop[Symbol.asyncDispose]());

const confirmed = ({ fingerprint256 }: CameraSimulator) => ({ fingerprint256: fingerprint256 ?? '' });

/** Open connections are cut, so that the next request makes a new one. */
async function cut(camera: CameraSimulator): Promise<void> {
  await camera.fault('off', true);
  await camera.fault('off', false);
}

describe('a camera whose certificate is confirmed', () => {
  test.each(['digest', 'token'] as const)('is signed in to by %s, over one connection and over the next', async (auth) => {
    await using camera = await shop.open({ https: true, auth });
    await using session = await signInTo(camera, confirmed(camera));
    await session.probe(signal);
    await cut(camera);
    await session.probe(signal);
    expect((await session.streamAddress('main', signal)).url).toBe(camera.rtspAddress.main);
    expect(await session.snapshotAddress(signal)).toBe(camera.onvifAddress.replace('device_service', 'snapshot/main'));
    expect(camera.counters.http.refused).toBe(0);
  });

  test('and that then shows another one gets not a single request more', async () => {
    await using camera = await shop.open({ https: true });
    await using session = await signInTo(camera, confirmed(camera));
    await camera.fault('other-certificate', true);
    await cut(camera);
    const before = camera.counters.http.requests;
    await expect(session.probe(signal)).rejects.toMatchObject({
      code: 'CAMERA_CERTIFICATE',
      message: expect.stringContaining(`instead of the confirmed ${camera.fingerprint256}`),
      context: { certificate: { fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/), validTo: expect.stringContaining('GMT') } },
    });
    await expect(signInTo(camera, confirmed(camera))).rejects.toMatchObject({ code: 'CAMERA_CERTIFICATE' });
    expect(camera.counters.http.requests).toBe(before);
    await camera.fault('other-certificate', false);
    await session.probe(signal);
  });

  test('and that names http:// addresses is spoken to over TLS all the same', async () => {
    await using camera = await shop.open({ https: true });
    await camera.fault('http-xaddr', true);
    await using session = await signInTo(camera, confirmed(camera));
    expect(await session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).toEqual({ ok: true }); // it listens to TLS alone
  });

  test.each([
    ['wrong-host-xaddr', 'CAMERA_FORBIDDEN_HOST'],
    ['redirect', 'CAMERA_FORBIDDEN_HOST'],
    ['slow-drip', 'CAMERA_UNREACHABLE'],
    ['huge-reply', 'CAMERA_REPLY'],
    ['truncated', 'CAMERA_REPLY'],
    ['silent', 'CAMERA_UNREACHABLE'],
    ['off', 'CAMERA_UNREACHABLE'],
  ] as const)('and with the fault %s ends in %s, as without TLS', async (fault, code) => {
    await using camera = await shop.open({ https: true });
    await camera.fault(fault, true);
    await expect(signInTo(camera, confirmed(camera), { clock: hasty })).rejects.toMatchObject({ code });
  });
});

test('a camera whose certificate nobody has confirmed tells it, and gets no request at all', async () => {
  await using camera = await shop.open({ https: true });
  await expect(signInTo(camera)).rejects.toMatchObject({
    code: 'CAMERA_CERTIFICATE',
    message: expect.stringContaining(`${camera.fingerprint256} (SHA-256), which nobody has confirmed`),
    context: { camera: 'gate', certificate: { fingerprint256: camera.fingerprint256 } },
  });
  expect(camera.counters.http.requests).toBe(0);
});

test('a camera that is started again shows the same certificate', async () => {
  const first = await shop.open({ https: true, id: 'again' });
  await first[Symbol.asyncDispose]();
  await using second = await shop.open({ https: true, id: 'again' });
  expect(second.fingerprint256).toBe(first.fingerprint256);
});

test('TLS where none is spoken, and none where it is, is said so', async () => {
  await using plain = await shop.open();
  const secure = { onvifAddress: plain.onvifAddress.replace('http:', 'https:') };
  await expect(signInTo(secure, { fingerprint256: Array(32).fill('00').join(':') })).rejects.toMatchObject({
    code: 'CAMERA_REPLY',
    message: expect.stringContaining('does not speak TLS'),
  });
  await using tls = await shop.open({ https: true });
  await expect(signInTo({ onvifAddress: tls.onvifAddress.replace('https:', 'http:') })).rejects.toMatchObject({
    code: expect.stringMatching(/^CAMERA_(REPLY|UNREACHABLE)$/),
  });
  expect(tls.counters.credentialed).toBe(0);
});

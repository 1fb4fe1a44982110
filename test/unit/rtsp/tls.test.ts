/** rtsps://: the confirmed certificate, or not one byte. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rtsp } from '../../../adapters/cameras/rtsp.ts';
import { parseTarget, redirectTarget } from '../../../adapters/protocols/rtsp/address.ts';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { type BoxCertificate, boxCertificate } from '../../../gateway/runtime/box-certificate.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { openSink, until } from '../../contract/media-plane.ts';
import { openTestCamera } from '../../support/rtsp-camera.ts';

let folder: string;
let certificate: BoxCertificate;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtsps-'));
  certificate = await boxCertificate({ folder, clock: systemClock });
});
afterAll(() => rm(folder, { recursive: true }));

const password = 'canary-31';
const signal = new AbortController().signal;

/** A camera that takes TLS only; `heard`: bytes that it got within it. */
async function secureCamera() {
  const camera = await openTestCamera({ password });
  let heard = 0;
  const front = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
    const inner = connect(camera.port, '127.0.0.1');
    socket.on('data', (chunk) => {
      heard += chunk.length;
    });
    for (const end of [socket, inner]) end.on('error', () => undefined);
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const bound = front.address();
  return {
    camera,
    url: `rtsps://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}/live`,
    heard: () => heard,
    [Symbol.asyncDispose]: async () => {
      await camera[Symbol.asyncDispose]();
      front.close();
    },
  };
}

const entered = (address: string, fingerprint256?: string) => ({
  ...{ id: cameraId('vault'), name: 'Vault', adapter: 'rtsp', address, settings: {}, enabled: true, maintenance: false },
  credentials: { username: 'admin', password: new Secret(password) },
  ...(fingerprint256 === undefined ? {} : { fingerprint256 }),
});

test('a camera that shows the confirmed certificate is connected and pulled over TLS', async () => {
  await using secure = await secureCamera();
  await using session = await rtsp.connect(entered(secure.url, certificate.fingerprint256), {}, { clock: systemClock, log: silentLogger }, signal);
  await using plane = openMediaPlane({
    clock: systemClock,
    log: silentLogger,
    resolve: (channel, profile) =>
      channel === channelId('gate') ? session.streamAddress(profile, signal) : Promise.reject(new Error('no such channel')),
    worker: false,
  });
  const { messages } = await openSink(plane);
  await until(() => messages.length > 10);
  expect(secure.camera.log.find((line) => line.startsWith('SETUP'))).toMatch(/^SETUP rtsps:\/\/127\.0\.0\.1:\d+\/live/);
});

test.each([
  ['nobody has confirmed', undefined, /nobody has confirmed yet/],
  ['is another than the confirmed one', 'AA:'.repeat(31).concat('AA'), /instead of the confirmed AA:AA/],
])('a certificate that %s is told, and nothing is sent', async (_, fingerprint, says) => {
  await using secure = await secureCamera();
  const failure = await rtsp
    .connect(entered(secure.url, fingerprint), {}, { clock: systemClock, log: silentLogger }, signal)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'CAMERA_CERTIFICATE',
    message: expect.stringMatching(says),
    context: { certificate: { fingerprint256: certificate.fingerprint256 } },
  });
  expect(secure.heard()).toBe(0);
});

test('a redirect from TLS to clear text is not followed', () => {
  expect(() => redirectTarget(parseTarget('rtsps://127.0.0.1/live'), 'rtsp://127.0.0.1/live')).toThrow(/rtsps:\/\/ to rtsp:\/\//);
  expect(parseTarget('rtsps://camera/live')).toMatchObject({ port: 322, secure: true, uri: 'rtsps://camera/live' });
});

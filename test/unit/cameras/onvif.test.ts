/** The ONVIF adapter against a real HTTP server that is strict about credentials. */

import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { onvif } from '../../../adapters/cameras/onvif/adapter.ts';
import { connectOnvif } from '../../../adapters/cameras/onvif/connect.ts';
import { setSynchronizationPoint } from '../../../adapters/cameras/onvif/operations.ts';
import type { OnvifConfig } from '../../../adapters/cameras/onvif/settings.ts';
import type { Camera } from '../../../gateway/domain/campus.ts';
import { cameraId } from '../../../gateway/domain/ids.ts';
import type { CameraSession } from '../../../gateway/domain/ports.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { type OnvifCamera, onvifCamera, soapBody, soapFault, soapType } from '../../support/onvif-camera.ts';

const bareProfiles = soapBody('<tr2:GetProfilesResponse><tr2:Profiles token="x"><tr2:Name>x</tr2:Name></tr2:Profiles></tr2:GetProfilesResponse>');
const mediaProfiles =
  '<trt:GetProfilesResponse><trt:Profiles token="t"><tt:Name>t</tt:Name><tt:VideoEncoderConfiguration><tt:Encoding>H264</tt:Encoding></tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>';
const signal = new AbortController().signal;
const password = '门 <&>"%@';

function cameraAt(address: string, more: Partial<Camera> = {}): Camera {
  return {
    id: cameraId('gate'),
    name: 'Gate',
    adapter: 'onvif',
    address,
    credentials: { username: 'gateway', password: new Secret(password) },
    settings: {},
    enabled: true,
    maintenance: false,
    ...more,
  };
}

function signInTo({ address }: OnvifCamera, more: Partial<Camera> = {}, config: Partial<OnvifConfig> = {}): Promise<CameraSession> {
  return onvif.connect(cameraAt(address, more), { otherHosts: 'refuse', ...config }, { clock: systemClock, log: silentLogger }, signal);
}

describe('signing in', () => {
  test.each([
    ['digest', 'Digest with SHA-256'],
    ['md5', 'Digest with MD5'],
    ['token', 'WS-UsernameToken'],
    ['both', 'either'],
  ] as const)('%s: a camera that wants %s is connected', async (way, _wants) => {
    await using camera = await onvifCamera({ password, signIn: way });
    await using session = await signInTo(camera);
    expect(session).toMatchObject({ model: '校园 C-1', firmware: '1.2', serial: '0042' });
    expect(camera.calls[0]).toBe('GetSystemDateAndTime');
    expect(await session.probe(signal)).toEqual({ clockOffset: expect.closeTo(0, -3.2) });
    expect(camera.basic).toBe(0);
  });

  test.each<[string, (reply: ServerResponse) => void]>([
    ['with 401', (reply) => reply.writeHead(401).end()],
    ['with 403', (reply) => reply.writeHead(403).end('no')],
    ['with a fault', (reply) => reply.writeHead(400, soapType).end(soapFault('env:Sender', 'ter:NotAuthorized', 'Sender not Authorized'))],
  ])('an account that may look, but is refused something else %s, stays signed in', async (_, refuse) => {
    await using camera = await onvifCamera({ password, answers: { SetSynchronizationPoint: refuse } });
    await using session = await signInTo(camera);
    const command = { op: 'keyframe', profile: 'main' } as const;
    expect(await session.perform(command, signal)).toMatchObject({ ok: false, sentence: expect.stringContaining('SetSynchronizationPoint') });
    const calls = camera.calls.length;
    expect(await session.perform(command, signal)).toMatchObject({ ok: false });
    expect(camera.calls).toHaveLength(calls);
  });

  test('a password that was changed is told as such by the next command, after few requests that carried the old one', async () => {
    await using camera = await onvifCamera({ password });
    await using session = await signInTo(camera);
    const before = camera.credentialed;
    camera.password = 'changed meanwhile';
    const move = session.perform({ op: 'ptz-stop', profile: 'main' }, signal);
    await expect(move).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    expect(camera.credentialed - before).toBeLessThanOrEqual(4);
  });

  test.each(['digest', 'token'] as const)('a wrong password costs at most two requests with credentials (%s)', async (way) => {
    await using camera = await onvifCamera({ password: 'other', signIn: way });
    await expect(signInTo(camera)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS', context: { camera: 'gate' } });
    expect(camera.credentialed).toBe(1);
  });

  test('no credentials registered: none are sent, and the sentence says what is missing', async () => {
    await using camera = await onvifCamera({ password });
    const { credentials: _, ...open } = cameraAt(camera.address);
    const attempt = onvif.connect(open, { otherHosts: 'refuse' }, { clock: systemClock, log: silentLogger }, signal);
    await expect(attempt).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS', message: expect.stringContaining('none is set') });
    expect(camera.credentialed).toBe(0);
  });

  test('a camera whose clock is an hour fast takes our tokens, as its clock is read first', async () => {
    await using camera = await onvifCamera({ password, signIn: 'token', skew: 3_600_000 });
    await using session = await signInTo(camera);
    expect(session.clockOffset).toBeGreaterThan(3_598_000);
    // Its clock is set while we are signed in: the next token fails once, the clock is read anew, and no more than two are sent.
    camera.skew = -86_400_000;
    const before = camera.credentialed;
    await session.streamAddress('main', signal);
    expect(camera.credentialed - before).toBe(2);
    expect((await session.probe(signal)).clockOffset).toBeLessThan(-86_398_000);
  });

  test('a nonce that is used up is renewed without a second sign-in', async () => {
    await using camera = await onvifCamera({ password, nonceLasts: 0 });
    await using session = await signInTo(camera).catch(() => ({ model: 'stale for ever', [Symbol.asyncDispose]: async () => undefined }));
    // A nonce that never lasts is refused as stale twice: two answers, then an end.
    expect(camera.credentialed).toBeLessThanOrEqual(20);
    expect(session.model).toBeTruthy();
  });

  test('a password that is changed at the camera is noticed by the next probe, at two requests with credentials', async () => {
    await using camera = await onvifCamera({ password });
    await using session = await signInTo(camera);
    camera.password = 'changed';
    const before = camera.credentialed;
    await expect(session.probe(signal)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    expect(camera.credentialed - before).toBeLessThanOrEqual(2);
  });

  test('a camera that offers Basic only never sees the password', async () => {
    const basic = { 'WWW-Authenticate': 'Basic realm="cam"' };
    await using camera = await onvifCamera({ password, answers: { GetDeviceInformation: (reply) => reply.writeHead(401, basic).end() } });
    await expect(signInTo(camera)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    expect(camera.basic).toBe(0);
    expect(camera.credentialed).toBeLessThanOrEqual(2);
  });

  test('a camera that answers everybody is connected, and that is said', async () => {
    await using camera = await onvifCamera();
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message), child: () => log };
    const context = { clock: systemClock, log };
    await using session = await onvif.connect(cameraAt(camera.address), { otherHosts: 'refuse' }, context, signal);
    expect(session.serial).toBe('0042');
    expect(warnings).toEqual(['camera answers without credentials']);
    expect(camera.credentialed).toBe(0);
  });
});

describe('profiles and addresses', () => {
  test('Media2 shows H.265, and main and sub are chosen by size', async () => {
    await using camera = await onvifCamera({ password });
    await using session = await signInTo(camera);
    expect(session.profiles.map(({ token, codec, use }) => [token, codec, use])).toEqual([
      ['p "1"', 'H264', 'sub'],
      ['p0', 'H265', 'main'],
      ['p2', 'H264', 'other'],
    ]);
  });

  test.each([
    ['faults', (reply: ServerResponse) => void reply.writeHead(500, soapType).end(soapFault('env:Receiver', 'ter:ActionNotSupported', 'no'))],
    ['is not there', (reply: ServerResponse) => void reply.writeHead(404).end()],
    ['tells nothing of its video', (reply: ServerResponse) => void reply.writeHead(200, soapType).end(bareProfiles)],
  ])('where Media2 %s, Media is used', async (_, refuse) => {
    let asked = 0;
    await using camera = await onvifCamera({
      services: ['media', 'media2'],
      answers: {
        GetProfiles: (reply) => {
          asked += 1;
          if (asked === 1) refuse(reply);
          else reply.writeHead(200, soapType).end(soapBody(mediaProfiles));
        },
        GetStreamUri: '<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://127.0.0.1/a</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>',
      },
    });
    await using session = await signInTo(camera);
    expect(session.profiles.map(({ token, use }) => [token, use])).toEqual([['t', 'main']]);
    expect((await session.streamAddress('main', signal)).url).toBe('rtsp://127.0.0.1/a');
    expect(camera.bodies.at(-1)).toContain('xmlns:trt="http://www.onvif.org/ver10/media/wsdl"');
  });

  test('a profile that is named in the settings and not there is said so, with those that are', async () => {
    await using camera = await onvifCamera({ password });
    await expect(signInTo(camera, {}, { mainProfile: 'Profile_9' })).rejects.toMatchObject({
      code: 'CAMERA_REPLY',
      message: expect.stringMatching(/has no profile "Profile_9"; it has .*"p0"/),
    });
  });

  test('what it calls itself holds nothing that a terminal obeys', async () => {
    const facts =
      '<tds:GetDeviceInformationResponse><tds:Manufacturer>A&#27;[2J</tds:Manufacturer><tds:Model>B&#x202e;C</tds:Model><tds:FirmwareVersion>1&#7;</tds:FirmwareVersion></tds:GetDeviceInformationResponse>';
    await using camera = await onvifCamera({ password, answers: { GetDeviceInformation: facts } });
    await using session = await signInTo(camera);
    expect([session.model, session.firmware]).toEqual(['A[2J BC', '1']);
  });

  test('a clock beyond all reason is none', async () => {
    const time =
      '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>23</tt:Hour><tt:Minute>59</tt:Minute><tt:Second>59</tt:Second></tt:Time>' +
      '<tt:Date><tt:Year>275760</tt:Year><tt:Month>9</tt:Month><tt:Day>12</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>';
    await using camera = await onvifCamera({ password, signIn: 'token', answers: { GetSystemDateAndTime: time } });
    await using session = await signInTo(camera);
    expect(session.clockOffset).toBeUndefined();
  });

  test('a named profile wins over size', async () => {
    await using camera = await onvifCamera({ password });
    await using session = await signInTo(camera, {}, { subProfile: 'third' });
    expect(session.profiles.find(({ use }) => use === 'sub')?.token).toBe('p2');
  });

  test.each([
    ['of today', { services: ['media', 'media2'] as const }],
    ['with Media only', { services: ['media', 'ptz'] as const }],
    ['without GetServices', { services: ['media', 'ptz'] as const, old: true }],
    ['with Media2 only', { services: ['media2'] as const }],
  ])('a camera %s gives its stream, and names its snapshot', async (_, options) => {
    await using camera = await onvifCamera({ password, ...options });
    await using session = await signInTo(camera);
    expect(await session.streamAddress('sub', signal)).toEqual({
      camera: 'gate',
      profile: 'sub',
      url: 'rtsp://127.0.0.1:8554/main?a=1&b=2',
      username: 'gateway',
      password,
    });
    expect(camera.bodies.at(-1)).toContain('p &#34;1&#34;');
    expect(await session.snapshotAddress(signal)).toBe(`http://127.0.0.1:${camera.port}/snap?ch=1`);
  });

  test('a wildcard host is replaced by the one that the camera was entered with, credentials are cut out', async () => {
    const uri = '<tr2:GetStreamUriResponse><tr2:Uri>\n rtsp://admin:12345@0.0.0.0/live/\n ch1?x=1&amp;amp;y=2\n</tr2:Uri></tr2:GetStreamUriResponse>';
    await using camera = await onvifCamera({ password, answers: { GetStreamUri: uri } });
    await using session = await signInTo(camera);
    expect((await session.streamAddress('main', signal)).url).toBe('rtsp://127.0.0.1/live/ch1?x=1&y=2');
  });

  test('another host is rewritten only where the settings say so', async () => {
    const uri = '<tr2:GetStreamUriResponse><tr2:Uri>rtsp://192.168.1.64:554/live</tr2:Uri></tr2:GetStreamUriResponse>';
    await using camera = await onvifCamera({ password, answers: { GetStreamUri: uri } });
    await using strict = await signInTo(camera);
    await expect(strict.streamAddress('main', signal)).rejects.toMatchObject({ code: 'CAMERA_FORBIDDEN_HOST' });
    await using lenient = await signInTo(camera, {}, { otherHosts: 'rewrite' });
    expect((await lenient.streamAddress('main', signal)).url).toBe('rtsp://127.0.0.1/live');
  });
});

describe('commands', () => {
  test('a move is sent clamped and ends by itself, a stop is sent', async () => {
    await using camera = await onvifCamera({ password });
    await using session = await signInTo(camera);
    expect(await session.perform({ op: 'ptz-move', profile: 'main', pan: 5, tilt: -0.5, zoom: 0 }, signal)).toEqual({ ok: true });
    expect(camera.bodies.at(-1)).toContain('x="1" y="-0.5"');
    expect(camera.bodies.at(-1)).toContain('PT5S');
    expect(await session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).toEqual({ ok: true });
  });

  test('a camera without PTZ says so', async () => {
    await using camera = await onvifCamera({ password, services: ['media2'] });
    await using session = await signInTo(camera);
    await expect(session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED' });
  });

  test('a keyframe can be asked for', async () => {
    await using camera = await onvifCamera();
    const connected = await connectOnvif(
      { address: camera.address, otherHosts: 'refuse', wanted: {}, timers: systemClock, log: silentLogger },
      signal,
    );
    await using http = connected.http;
    await setSynchronizationPoint({ client: connected.client, url: connected.media.url, signal }, 'p0', connected.media.version);
    expect(camera.calls.at(-1)).toBe('SetSynchronizationPoint');
    expect(http.credentialed).toBe(0);
  });
});

test('two cameras at once, one by Digest and one by token, keep to themselves', async () => {
  await using one = await onvifCamera({ password });
  await using two = await onvifCamera({ password, signIn: 'token', services: ['media'] });
  const sessions = await Promise.all([signInTo(one), signInTo(two)]);
  const [shots, urls] = await Promise.all([
    Promise.all(sessions.map((session) => session.perform({ op: 'ptz-stop', profile: 'main' }, signal).catch((error) => error.code))),
    Promise.all(sessions.map((session) => session.streamAddress('main', signal))),
  ]);
  expect(shots).toEqual([{ ok: true }, 'COMMAND_UNSUPPORTED']);
  expect(urls).toHaveLength(2);
  expect(one.calls).toContain('Stop');
  expect(two.calls).not.toContain('Stop');
  for (const session of sessions) await session[Symbol.asyncDispose]();
});

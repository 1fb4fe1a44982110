/** Every camera adapter against the simulated camera: the same promises, whatever the camera speaks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import { discoverCameras } from '../../adapters/cameras/onvif/discovery.ts';
import { rtsp } from '../../adapters/cameras/rtsp.ts';
import type { CameraCommand } from '../../gateway/domain/command.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openDiscoveryResponder } from '../../simulators/camera/discovery-responder.ts';
import type { CameraSimulator, CameraSimulatorOptions } from '../../simulators/camera/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { cameraShop, context, entered, hasty, password, signInTo, username } from '../support/simulated-camera.ts';

const signal = new AbortController().signal;
let shop: Awaited<ReturnType<typeof cameraShop>>;
beforeAll(async () => {
  shop = await cameraShop();
});
afterAll(() => shop[Symbol.asyncDispose]());
const simulate = (more: Partial<CameraSimulatorOptions> = {}) => shop.open(more);

const makes = [
  { kind: 'onvif', adapter: onvif, config: { otherHosts: 'refuse' }, addressOf: (camera: CameraSimulator) => camera.onvifAddress },
  { kind: 'rtsp', adapter: rtsp, config: {}, addressOf: (camera: CameraSimulator) => camera.rtspAddress.main },
] as const;

describe.each(makes)('the adapter $kind', (make) => {
  const connect = (camera: CameraSimulator, given = password, clock = context.clock) => {
    const registered = entered(make.addressOf(camera), { adapter: make.kind, credentials: { username, password: new Secret(given) } });
    const { adapter } = make;
    const around = { ...context, clock };
    return adapter.kind === 'onvif'
      ? onvif.connect(registered, onvif.config.parse(make.config), around, signal)
      : rtsp.connect(registered, rtsp.config.parse(make.config), around, signal);
  };

  test('connects, proves itself again and again, and gives a stream address without credentials in it', async () => {
    await using camera = await simulate();
    await using session = await connect(camera);
    await session.probe(signal);
    await session.probe(signal);
    const address = await session.streamAddress('main', signal);
    expect(address).toEqual({ camera: 'gate', profile: 'main', url: camera.rtspAddress.main, username, password });
    expect(camera.counters.http.refused).toBe(0);
  });

  test('a wrong password is told as such, after at most two requests that carried it', async () => {
    await using camera = await simulate();
    await expect(connect(camera, 'wrong')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    expect(camera.counters.credentialed).toBeLessThanOrEqual(2);
  });

  test('a password that is changed at the camera ends the session by its probe, after at most two requests', async () => {
    await using camera = await simulate();
    await using session = await connect(camera);
    await camera.fault('wrong-password', true);
    const before = camera.counters.credentialed;
    await expect(session.probe(signal)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    expect(camera.counters.credentialed - before).toBeLessThanOrEqual(2);
  });

  test.each(['off', 'silent'] as const)('a camera that is %s is unreachable, and there again after', async (fault) => {
    await using camera = await simulate();
    await using session = await connect(camera, password, hasty);
    await camera.fault(fault, true);
    await expect(session.probe(signal)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await expect(connect(camera, password, hasty)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await camera.fault(fault, false);
    await using again = await connect(camera, password);
    await again.probe(signal);
  });

  test('a camera that hung up while nothing was asked is there when it is asked again', async () => {
    await using camera = await simulate();
    await using session = await connect(camera);
    await camera.fault('off', true); // every connection is cut
    await camera.fault('off', false);
    await session.probe(signal);
  });

  test('reports end with the signal, and say nothing yet', async () => {
    await using camera = await simulate();
    await using session = await connect(camera);
    const leaving = new AbortController();
    const heard: unknown[] = [];
    const listening = (async () => {
      for await (const report of session.reports(leaving.signal)) heard.push(report);
    })();
    leaving.abort();
    await listening;
    expect(heard).toEqual([]);
  });

  test('an aborted connect ends at once with the reason', async () => {
    await using camera = await simulate();
    await camera.fault('silent', true);
    const leaving = new AbortController();
    const { adapter } = make;
    const registered = entered(make.addressOf(camera), { adapter: make.kind });
    const attempt =
      adapter.kind === 'onvif'
        ? onvif.connect(registered, { otherHosts: 'refuse' }, context, leaving.signal)
        : rtsp.connect(registered, {}, context, leaving.signal);
    setImmediate(() => leaving.abort());
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the adapter onvif, besides', () => {
  const connect = (camera: CameraSimulator, clock: Clock = systemClock) => signInTo(camera, {}, { clock });

  test.each(['digest', 'token', 'both', 'none'] as const)('signs in where the camera takes %s', async (auth) => {
    await using camera = await simulate({ auth });
    await using session = await connect(camera);
    expect(session.profiles.map(({ codec, width, use }) => [codec, width, use])).toEqual([
      ['H264', 320, 'main'],
      ['H264', 160, 'sub'],
    ]);
    expect(await session.snapshotAddress(signal)).toBe(camera.onvifAddress.replace('device_service', 'snapshot/main'));
    expect(await session.perform({ op: 'ptz-move', profile: 'main', pan: 0.5, tilt: 0, zoom: 0 }, signal)).toEqual({ ok: true });
    expect(await session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).toEqual({ ok: true });
    expect(camera.counters.http.refused).toBe(0);
  });

  test('turns it, focuses it, wipes it, and keeps and finds where it looked', async () => {
    await using camera = await simulate();
    await using session = await connect(camera);
    const told = (command: CameraCommand) => session.perform(command, signal);
    const profile = 'main';
    expect((await told({ op: 'presets', profile })).presets).toEqual([
      { token: 'preset_1', name: 'Home' },
      { token: 'preset_2', name: 'Gate' },
    ]);
    await told({ op: 'ptz-move', profile, pan: 1, tilt: -0.5, zoom: 1 });
    await eventually(() => expect(camera.optics().pan).toBeGreaterThan(0));
    await told({ op: 'ptz-stop', profile });
    const { pan, tilt, zoom } = camera.optics();
    expect([tilt < 0, zoom > 0]).toEqual([true, true]);
    await told({ op: 'preset-save', profile, name: '预置位 7 <&>' });
    await told({ op: 'home', profile });
    await eventually(() => expect(camera.optics().pan).toBeLessThan(pan / 2));
    const kept = (await told({ op: 'presets', profile })).presets?.at(-1);
    expect(kept?.name).toBe('预置位 7 <&>');
    await told({ op: 'preset-go', profile, preset: kept!.token });
    await eventually(() => expect(camera.optics()).toMatchObject({ pan, tilt, zoom }));
    expect(await told({ op: 'preset-remove', profile, preset: kept!.token })).toEqual({ ok: true });
    expect(await told({ op: 'preset-go', profile, preset: kept!.token })).toMatchObject({ ok: false, sentence: expect.stringContaining('preset') });

    await told({ op: 'focus-move', profile, speed: -0.5 });
    await told({ op: 'wiper', profile, on: true });
    expect(camera.optics()).toMatchObject({ focusSpeed: -0.5, wiper: true });
    await told({ op: 'focus-stop', profile });
    await told({ op: 'wiper', profile, on: false });
    expect(camera.optics()).toMatchObject({ focusSpeed: 0, wiper: false });
    expect(await told({ op: 'keyframe', profile: 'sub' })).toEqual({ ok: true });
  });

  test('opens and closes the iris of a camera that leaves it to people, and of no other', async () => {
    await using camera = await simulate({ manualExposure: true });
    await using session = await connect(camera);
    for (const by of [1, -0.4]) expect(await session.perform({ op: 'iris', profile: 'main', by }, signal)).toEqual({ ok: true });
    expect(camera.optics().iris).toBe(7);
    for (let turn = 0; turn < 3; turn += 1) await session.perform({ op: 'iris', profile: 'main', by: 1 }, signal);
    expect(camera.optics().iris).toBe(0);
    await using other = await simulate();
    await using automatic = await connect(other);
    expect(await automatic.perform({ op: 'iris', profile: 'main', by: 1 }, signal)).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('itself'),
    });
    expect(other.optics().iris).toBe(10);
  });

  test('signs in to a camera whose clock is wrong, and tells by how much', async () => {
    await using camera = await simulate({ auth: 'token' });
    camera.drift(minutes(-90));
    await using session = await connect(camera);
    expect(Math.abs((session.clockOffset ?? 0) - minutes(-90))).toBeLessThan(2_000);
  });

  test.each([
    ['wrong-host-xaddr', 'CAMERA_FORBIDDEN_HOST'],
    ['redirect', 'CAMERA_FORBIDDEN_HOST'],
    ['empty-reply', 'CAMERA_REPLY'],
    ['slow-drip', 'CAMERA_UNREACHABLE'],
    ['huge-reply', 'CAMERA_REPLY'],
    ['doctype', 'CAMERA_REPLY'],
    ['truncated', 'CAMERA_REPLY'],
  ] as const)('a camera with the fault %s ends in %s', async (fault, code) => {
    await using camera = await simulate();
    await camera.fault(fault, true);
    await expect(connect(camera, hasty)).rejects.toMatchObject({ code });
  });

  test.each(['SHA-256', 'MD5'] as const)('signs in where Digest is offered with %s alone', async (algorithm) => {
    await using camera = await simulate({ auth: 'digest', algorithms: [algorithm] });
    await using session = await connect(camera);
    await session.probe(signal);
    expect(camera.counters.http.refused).toBe(0);
  });

  test('signs in where the camera keeps its time to itself, and claims nothing of its clock', async () => {
    await using camera = await simulate({ anonymousTime: false });
    await using session = await connect(camera);
    expect([session.clockOffset, await session.probe(signal)]).toEqual([undefined, {}]);
  });

  test.each(['wildcard-xaddr', 'media2-only', 'foreign-names'] as const)('a camera with the fault %s is used like any other', async (fault) => {
    await using camera = await simulate();
    await camera.fault(fault, true);
    await using session = await connect(camera);
    await session.probe(signal);
    expect((await session.streamAddress('sub', signal)).url).toBe(camera.rtspAddress.sub);
    expect(await session.perform({ op: 'ptz-stop', profile: 'main' }, signal)).toEqual({ ok: true });
    if (fault === 'foreign-names') expect([session.model, session.profiles[0]?.name]).toEqual(['Simulated 模拟摄像机 №1 <&>', '主码流 <&>"']);
  });

  test('a wrong password does not lock an account that locks after three', async () => {
    await using camera = await simulate();
    await camera.fault('lockout', true);
    await expect(signInTo(camera, { credentials: { username, password: new Secret('wrong') } })).rejects.toMatchObject({
      code: 'CAMERA_CREDENTIALS',
    });
    await using _session = await connect(camera);
    for (let time = 0; time < 3; time += 1) {
      await expect(signInTo(camera, { credentials: { username, password: new Secret('wrong') } })).rejects.toThrow();
    }
    await expect(connect(camera)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' }); // it does lock
  });

  test('finds the simulated camera by discovery', async () => {
    await using discovery = await openDiscoveryResponder(context);
    await using camera = await simulate({ discovery, name: '校门' });
    const found = await discoverCameras({ ...context, window: seconds(1), interfaces: ['127.0.0.1'] }, signal);
    expect(found.map(({ address, name }) => [address, name])).toContainEqual([camera.onvifAddress, '校门']);
    await camera.fault('wildcard-xaddr', true);
    const unaware = await discoverCameras({ ...context, window: seconds(1), interfaces: ['127.0.0.1'] }, signal);
    expect(unaware.map(({ address }) => address)).toContain(camera.onvifAddress);
    await camera.fault('off', true);
    const later = await discoverCameras({ ...context, window: seconds(1), interfaces: ['127.0.0.1'] }, signal);
    expect(later.map(({ address }) => address)).not.toContain(camera.onvifAddress);
  });
});

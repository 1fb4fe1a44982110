/** What breaks in the cameras of a school, all at once, and how soon the gateway says so: each has a camera of its own. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceView } from '../../gateway/domain/api.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import type { Fmp4Message } from '../../gateway/domain/media.ts';
import type { CameraIntroduction } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { runCameraSimulator } from '../../simulators/camera/simulator.ts';
import { type DemoSchool, openDemoSchool } from '../support/demo-school.ts';

describe.concurrent('in a school, a camera', () => {
  let school: DemoSchool;
  beforeAll(async () => {
    school = await openDemoSchool();
  }, 120_000);
  afterAll(() => school?.[Symbol.asyncDispose]());

  const play = (camera: string) => {
    const played = school.demo.school.cameras.get(camera);
    if (!played) throw new Error(`The demo school has no ${camera}.`);
    return played;
  };

  test('that goes off is offline with its reason within 15 s, and normal within 15 s of its return', async () => {
    const { running } = play('cam-canteen');
    await running.fault('off', true);
    await school.within(seconds(15), 'cam-canteen', 'offline', 'camera-unreachable');
    await running.fault('off', false);
    await school.within(seconds(15), 'cam-canteen', 'normal');
  });

  test('whose password is wrong says so after at most two signed requests, and is not tried again until it changes', async () => {
    const { inventory } = school.demo.gateway;
    const entry = inventory.current().cameras.find(({ id }) => id === 'cam-dormitory');
    if (!entry) throw new Error('The inventory has no cam-dormitory.');
    const { running, account } = play('cam-dormitory');
    inventory.putCamera({ ...entry, credentials: { username: account.username, password: new Secret('not-the-password') } });
    await school.within(seconds(15), 'cam-dormitory', 'offline', 'camera-credentials');
    await systemClock.sleep(seconds(6));
    // The session that was open may still ask something, with the right one.
    expect(running.refusedRequests).toBeGreaterThan(0);
    expect(running.refusedRequests).toBeLessThanOrEqual(2);
    inventory.putCamera({ ...entry, id: cameraId('cam-dormitory') });
    await school.within(seconds(15), 'cam-dormitory', 'normal');
  }, 180_000);

  test('whose password is changed while it plays is left alone, its stream too, once two signed requests were refused', async () => {
    const { running } = play('cam-gate');
    const { port1, port2 } = new MessageChannel();
    const channel = channelId('cam-gate');
    const ended = new Promise<Fmp4Message>((resolve) => port1.on('message', (message: Fmp4Message) => message.kind === 'ended' && resolve(message)));
    await using sink = await school.demo.gateway.watch(
      { kind: 'fmp4', channel, profile: 'main', purpose: 'local', audio: false, port: port2 },
      new AbortController().signal,
    );
    sink.start();
    await running.fault('wrong-password', true);
    await school.within(seconds(15), 'cam-gate', 'offline', 'camera-credentials');
    expect(await ended).toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    await systemClock.sleep(seconds(35)); // beyond the keepalive of any session that would still be open
    expect(running.refusedRequests).toBeGreaterThan(0);
    expect(running.refusedRequests).toBeLessThanOrEqual(2);
  }, 180_000);

  test('whose streams alone refuse the password says so, and is not asked again by any viewer', async () => {
    const { running } = play('cam-playground');
    await running.fault('stream-password', true);
    await running.fault('off', true); // cuts the stream that plays
    await running.fault('off', false);
    await school.within(seconds(20), 'cam-playground', 'offline', 'camera-credentials');
    for (const profile of ['main', 'sub'] as const) {
      const { port1, port2 } = new MessageChannel();
      const channel = channelId('cam-playground');
      const watched = school.demo.gateway.watch(
        { kind: 'fmp4', channel, profile, purpose: 'local', audio: false, port: port2 },
        new AbortController().signal,
      );
      await expect(watched).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
      port1.close();
    }
    await systemClock.sleep(seconds(6)); // longer than the media plane waits before it looks for new credentials
    expect((await school.ask<DeviceView>('/devices/cam-playground')).faults.map(({ code }) => code)).toEqual(['camera-credentials']);
    expect(running.refusedRequests).toBeGreaterThan(0);
    expect(running.refusedRequests).toBeLessThanOrEqual(2);
  }, 180_000);

  test('with 20 s between its keyframes is seen long before the next one: it is asked for a keyframe', async () => {
    const at0 = { address: '127.0.0.1', port: 0 };
    const account = { username: 'gateway', password: 'the right one' };
    await using camera = await runCameraSimulator({
      ...{ id: 'lobby', name: 'Lobby', ...account, http: at0, rtsp: at0, loopSeconds: 20, gopSeconds: 20 },
      ...{ cacheFolder: school.folder, clock: systemClock, log: silentLogger },
      ...{ main: { width: 320, height: 180, framesPerSecond: 5 }, sub: { width: 160, height: 90, framesPerSecond: 5 } },
    });
    expect(
      (await school.send('POST', '/cameras', { id: 'lobby', name: 'Lobby', adapter: 'onvif', address: camera.onvifAddress, ...account })).status,
    ).toBe(201);
    await school.within(seconds(15), 'lobby', 'normal');
    const { port1, port2 } = new MessageChannel();
    const began = systemClock.monotonic();
    const ended = new AbortController().signal;
    const wanted = { kind: 'fmp4', channel: channelId('lobby'), profile: 'main', purpose: 'local', audio: false, port: port2 } as const;
    await using _sink = await school.demo.gateway.watch(wanted, ended);
    expect(systemClock.monotonic() - began).toBeLessThan(15_000);
    port1.close();
  }, 180_000);

  test('by HTTPS is entered with the certificate that a person has confirmed; another one is a fault, until that is confirmed', async () => {
    const at0 = { address: '127.0.0.1', port: 0 };
    await using camera = await runCameraSimulator({
      ...{ id: 'lab', name: 'Lab', username: 'gateway', password: 'the right one', http: at0, rtsp: at0, https: true },
      ...{ cacheFolder: school.folder, clock: systemClock, log: silentLogger, loopSeconds: 2 },
      ...{ main: { width: 320, height: 180, framesPerSecond: 5 }, sub: { width: 160, height: 90, framesPerSecond: 5 } },
    });
    const { send, within } = school;
    const candidate = { adapter: 'onvif', address: camera.onvifAddress, username: 'gateway', password: 'the right one' };
    const stranger = await send<CameraIntroduction>('POST', '/onboarding', candidate);
    expect([stranger.json.certificate?.fingerprint256, stranger.json.camera]).toEqual([camera.fingerprint256, undefined]);
    expect(camera.counters.http.requests).toBe(0);
    const known = await send<CameraIntroduction>('POST', '/onboarding', { ...candidate, fingerprint256: camera.fingerprint256 });
    expect(known.json.camera).toMatchObject({ model: 'Simulated SIM-IPC-1', streams: camera.rtspAddress });
    expect(known.json.camera?.snapshot).toBe(camera.onvifAddress.replace('device_service', 'snapshot/main'));

    expect((await send('POST', '/cameras', { id: 'lab', name: 'Lab', ...candidate })).status).toBe(201);
    await within(seconds(15), 'lab', 'offline', 'camera-certificate');
    const edit = { name: 'Lab', adapter: 'onvif', address: camera.onvifAddress };
    expect((await send('PUT', '/cameras/lab', { ...edit, fingerprint256: camera.fingerprint256 })).status).toBe(200);
    await within(seconds(15), 'lab', 'normal');
    await camera.fault('other-certificate', true);
    await camera.fault('off', true); // so that it is connected to anew
    await camera.fault('off', false);
    await within(seconds(20), 'lab', 'offline', 'camera-certificate');
    const [fault] = (await school.ask<DeviceView>('/devices/lab')).faults;
    const shown = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(fault?.sentence.zh ?? '')?.[0];
    expect(shown).not.toBe(camera.fingerprint256);
    expect((await send('PUT', '/cameras/lab', { ...edit, fingerprint256: shown })).status).toBe(200);
    await within(seconds(15), 'lab', 'normal');
  }, 180_000);
});

/** What breaks in a school, and how soon the gateway says so: real cameras and panels of the simulator, real time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, openDemo } from '../../gateway/commands/demo.ts';
import type { AlarmView, DeviceView } from '../../gateway/domain/api.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import type { CameraIntroduction } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { hours, type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { runCameraSimulator } from '../../simulators/camera/simulator.ts';
import { eventually } from '../support/eventually.ts';

const heartbeat = 2;

describe('in a school', () => {
  const folder = mkdtempSync(join(tmpdir(), 'school-'));
  let demo: Demo;
  let cookie = '';

  beforeAll(async () => {
    const campusFile = join(folder, 'campus.yaml');
    const text = readFileSync(join(packageRoot, 'config/demo-campus.yaml'), 'utf8');
    writeFileSync(campusFile, text.replaceAll(/heartbeatSeconds: \d+/g, `heartbeatSeconds: ${heartbeat}`));
    demo = await openDemo(
      { clock: systemClock, log: silentLogger, print: () => undefined, pressAfter: hours(1), usualPorts: false, campusFile },
      new AbortController().signal,
    );
    const answer = await fetch(at('/api/v1/claim'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: at('') },
      body: JSON.stringify({ code: demo.gateway.claimCode, name: 'admin', password: 'correct horse battery' }),
    });
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await within(seconds(30), 'cam-gate', 'normal');
    await within(seconds(30), 'guard-room', 'normal');
  }, 120_000);
  afterAll(async () => {
    await demo?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (path: string) => `http://127.0.0.1:${demo.gateway.plain?.port}${path}`;
  const ask = async <Answer>(path: string): Promise<Answer> => (await (await fetch(at(`/api/v1${path}`), { headers: { cookie } })).json()) as Answer;
  const alarms = async () => (await ask<{ alarms: AlarmView[] }>('/alarms?limit=100')).alarms;

  /** Waits until the device is in this state, and with this fault; fails after the promised time. */
  async function within(limit: Millis, device: string, state: string, fault?: string): Promise<void> {
    await eventually(async () => {
      const view = await ask<DeviceView>(`/devices/${device}`);
      expect(view.state).toBe(state);
      if (fault) expect(view.faults.map(({ code }) => code)).toContain(fault);
    }, limit);
  }

  test('a camera that goes off is offline with its reason within 15 s, and normal within 15 s of its return', async () => {
    const camera = demo.school.cameras.get('cam-canteen')?.running;
    await camera?.fault('off', true);
    await within(seconds(15), 'cam-canteen', 'offline', 'camera-unreachable');
    await camera?.fault('off', false);
    await within(seconds(15), 'cam-canteen', 'normal');
  }, 45_000);

  test('a wrong password is said so after at most two signed requests, and not tried again until it changes', async () => {
    const entry = demo.gateway.inventory.current().cameras.find(({ id }) => id === 'cam-dormitory');
    const played = demo.school.cameras.get('cam-dormitory');
    if (!entry || !played) throw new Error('the demo school has no such camera');
    demo.gateway.inventory.putCamera({ ...entry, credentials: { username: played.account.username, password: new Secret('not-the-password') } });
    await systemClock.sleep(millis(500)); // the session that was open may still ask something
    const counted = played.running.signedRequests;
    await within(seconds(15), 'cam-dormitory', 'offline', 'camera-credentials');
    await systemClock.sleep(seconds(6));
    expect(played.running.signedRequests - counted).toBeLessThanOrEqual(2);
    demo.gateway.inventory.putCamera({ ...entry, id: cameraId('cam-dormitory') });
    await within(seconds(15), 'cam-dormitory', 'normal');
  }, 60_000);

  test('a camera whose streams alone refuse the password says so, and is not asked again by any viewer', async () => {
    const camera = demo.school.cameras.get('cam-playground')?.running;
    await camera?.fault('stream-password', true);
    await camera?.fault('off', true); // cuts the stream that plays
    await camera?.fault('off', false);
    await within(seconds(20), 'cam-playground', 'offline', 'camera-credentials');
    for (const profile of ['main', 'sub'] as const) {
      const { port1, port2 } = new MessageChannel();
      const channel = channelId('cam-playground');
      const watched = demo.gateway.watch(
        { kind: 'fmp4', channel, profile, purpose: 'local', audio: false, port: port2 },
        new AbortController().signal,
      );
      await expect(watched).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
      port1.close();
    }
    await systemClock.sleep(seconds(6)); // longer than the media plane waits before it looks for new credentials
    expect((await ask<DeviceView>('/devices/cam-playground')).faults.map(({ code }) => code)).toEqual(['camera-credentials']);
    expect(camera?.refusedRequests).toBeGreaterThan(0);
    expect(camera?.refusedRequests).toBeLessThanOrEqual(2);
  }, 90_000);

  test('a camera by HTTPS is entered with the certificate that a person has confirmed; another one is a fault, until that is confirmed', async () => {
    const at0 = { address: '127.0.0.1', port: 0 };
    await using camera = await runCameraSimulator({
      ...{ id: 'lab', name: 'Lab', username: 'gateway', password: 'the right one', http: at0, rtsp: at0, https: true },
      ...{ cacheFolder: folder, clock: systemClock, log: silentLogger, loopSeconds: 2 },
      ...{ main: { width: 320, height: 180, framesPerSecond: 5 }, sub: { width: 160, height: 90, framesPerSecond: 5 } },
    });
    const send = async (method: string, path: string, body: unknown) => {
      const answer = await fetch(at(`/api/v1${path}`), {
        method,
        headers: { cookie, origin: at(''), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, json: (await answer.json()) as CameraIntroduction };
    };
    const candidate = { adapter: 'onvif', address: camera.onvifAddress, username: 'gateway', password: 'the right one' };
    const stranger = await send('POST', '/onboarding', candidate);
    expect([stranger.json.certificate?.fingerprint256, stranger.json.camera]).toEqual([camera.fingerprint256, undefined]);
    expect(camera.counters.http.requests).toBe(0);
    const known = await send('POST', '/onboarding', { ...candidate, fingerprint256: camera.fingerprint256 });
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
    const [fault] = (await ask<DeviceView>('/devices/lab')).faults;
    const shown = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(fault?.sentence.zh ?? '')?.[0];
    expect(shown).not.toBe(camera.fingerprint256);
    expect((await send('PUT', '/cameras/lab', { ...edit, fingerprint256: shown })).status).toBe(200);
    await within(seconds(15), 'lab', 'normal');
  }, 90_000);

  test('a panel whose process is killed is at fault within 5 s, by its last will', async () => {
    const panel = demo.panels.get('perimeter');
    panel?.kill();
    await within(seconds(5), 'perimeter', 'offline', 'panel-silent');
    panel?.comeBack();
    await within(seconds(10), 'perimeter', 'normal');
  }, 30_000);

  test('a panel that is cut off silently is at fault within two heartbeats and ten seconds', async () => {
    const panel = demo.panels.get('perimeter');
    panel?.cutOff();
    await within(seconds(2 * heartbeat + 10), 'perimeter', 'offline', 'panel-silent');
    panel?.comeBack();
    await within(seconds(20), 'perimeter', 'normal');
  }, 50_000);

  test('a press that was queued while the panel was offline is raised and delivered with its own time, as historical', async () => {
    const panel = demo.panels.get('guard-room');
    panel?.goOffline();
    const pressed = systemClock.now();
    panel?.trip('4');
    await systemClock.sleep(seconds(3));
    panel?.comeBack();
    await eventually(async () => {
      const alarm = (await alarms()).find(({ zone }) => zone === '4');
      expect(alarm?.historical).toBe(true);
      expect(Math.abs(Date.parse(alarm?.occurredAt ?? '') - pressed)).toBeLessThan(1_000);
      expect(alarm?.deliveries.map(({ state }) => state)).toEqual(['accepted']);
    }, seconds(15));
  }, 30_000);

  test('mains and tamper are faults of the panel, never alarms, and end with it', async () => {
    const count = (await alarms()).length;
    demo.panels.get('guard-room')?.trouble('mains', true);
    await within(seconds(5), 'guard-room', 'degraded', 'panel-trouble');
    demo.panels.get('guard-room')?.trouble('mains', false);
    await within(seconds(5), 'guard-room', 'normal');
    expect(await alarms()).toHaveLength(count);
  }, 20_000);

  test('a police side that is down is told in words, and gets everything when it is back, panic first', async () => {
    await demo.school.police.down();
    for (const zone of ['1', '2', '3']) demo.panels.get('perimeter')?.trip(zone);
    demo.panels.get('guard-room')?.trip('1');
    await eventually(async () => expect((await ask<{ phonePolice: boolean }>('/overview')).phonePolice).toBe(true), seconds(25));
    await within(seconds(5), 'police-webhook', 'offline', 'uplink-backlog');
    const before = demo.school.police.ledger().length;
    await demo.school.police.comeBack();
    await eventually(() => {
      const types = demo.school.police
        .ledger()
        .slice(before)
        .filter(({ answer, body }) => answer === 'accepted' && body.includes('"alarm.raised"'))
        .map(({ body }) => (JSON.parse(body) as { event: { type: string } }).event.type);
      expect(types).toHaveLength(4);
      expect(types[0]).toBe('panic.audible');
    }, seconds(45));
    await within(seconds(10), 'police-webhook', 'normal');
  }, 100_000);
});

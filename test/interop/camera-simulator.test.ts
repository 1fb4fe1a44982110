/** The simulated camera, judged by other people's clients: npm onvif, node-onvif, ffmpeg, ffprobe and GStreamer. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { h264Video } from '../../adapters/protocols/h26x/h264-video.ts';
import { parseRtp, writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { parseRtcp } from '../../adapters/protocols/rtp/rtcp.ts';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openRecording } from '../../simulators/camera/recording.ts';
import { type CameraSimulator, type CameraSimulatorOptions, runCameraSimulator } from '../../simulators/camera/simulator.ts';
import { CameraStream } from '../../simulators/camera/stream.ts';
import { cameraCode, readStrip } from '../../simulators/camera/strip.ts';
import { readTimeSei } from '../../simulators/camera/time-sei.ts';
import { eventually } from '../support/eventually.ts';
import { peer } from '../support/peers.ts';

const run = promisify(execFile);
const load = createRequire(import.meta.url);
const account = { username: 'admin', password: 'canary-5f21' };
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
let cacheFolder: string;
let camera: CameraSimulator;

const small = { width: 320, height: 180, framesPerSecond: 10, kbps: 300 };
const at = { address: '127.0.0.1', port: 0 };
const simulate = (more: Partial<CameraSimulatorOptions> = {}) =>
  runCameraSimulator({
    ...{ id: 'gate', name: 'East gate', ...account, http: at, rtsp: at, cacheFolder, clock: systemClock, log: silentLogger },
    ...{ main: small, sub: { ...small, width: 160, height: 90 }, loopSeconds: 2, gopSeconds: 1, ...more },
  });
const signedIn = (url: string) => url.replace('rtsp://', `rtsp://${account.username}:${account.password}@`);

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'camera-simulator-'));
  camera = await simulate();
});
afterAll(async () => {
  await camera[Symbol.asyncDispose]();
  await rm(cacheFolder, { recursive: true });
});

interface OnvifCam {
  on(name: 'error', heard: (error: Error) => void): void;
  getDeviceInformation(done: Done): void;
  getProfiles(done: Done): void;
  getStreamUri(options: object, done: Done): void;
  getSnapshotUri(options: object, done: Done): void;
  getStatus(options: object, done: Done): void;
  absoluteMove(options: object, done: Done): void;
}
interface EventCam {
  on(name: 'error', heard: (error: Error) => void): void;
  getEventProperties(done: Done): void;
  createPullPointSubscription(done: Done): void;
  pullMessages(options: object, done: Done): void;
  renew(options: object, done: Done): void;
  unsubscribe(done: Done): void;
}
interface Item {
  readonly $: { readonly Name: string; readonly Value: unknown };
}
interface Message {
  readonly topic: { readonly _: string };
  readonly message: {
    readonly message: {
      readonly $: { readonly PropertyOperation: string };
      readonly data: { readonly simpleItem: Item | readonly Item[] };
    };
  };
}
type Done = (error: Error | null, value: unknown) => void;
const asked = <Value>(ask: (done: Done) => void) =>
  new Promise<Value>((resolve, reject) => ask((error, value) => (error ? reject(error) : resolve(value as Value))));

test.each([
  ['WS-UsernameToken', true, 'token', false],
  ['HTTP Digest', false, 'digest', false],
  ['HTTP Digest over TLS', false, 'digest', true],
] as const)('npm onvif connects by %s, lists profiles, gets addresses and moves it', async (_name, useWSSecurity, auth, https) => {
  await using strict = await simulate({ auth, strictTokens: true, https });
  const tls = https ? { useSecure: true, secureOpts: { rejectUnauthorized: false } } : {};
  const { Cam } = load('onvif') as { Cam: new (options: object, done: (this: OnvifCam, error: Error | null) => void) => OnvifCam };
  const port = Number(new URL(strict.onvifAddress).port);
  const cam = await new Promise<OnvifCam>((resolve, reject) => {
    const made: OnvifCam = new Cam({ hostname: '127.0.0.1', port, ...account, useWSSecurity, ...tls, timeout: 60_000 }, (error) =>
      error ? reject(error) : resolve(made),
    );
    made.on('error', reject);
  });
  const information = await asked<{ model: string }>((done) => cam.getDeviceInformation(done));
  const profiles = await asked<readonly { $: { token: string }; name: string }[]>((done) => cam.getProfiles(done));
  const stream = await asked<{ uri: string }>((done) => cam.getStreamUri({ protocol: 'RTSP', profileToken: 'profile_sub' }, done));
  const snapshot = await asked<{ uri: string }>((done) => cam.getSnapshotUri({ profileToken: 'profile_main' }, done));
  await asked((done) => cam.absoluteMove({ profileToken: 'profile_main', x: 0.05, y: 0, zoom: 0 }, done));
  await eventually(async () => {
    const status = await asked<{ position: { x: number } }>((done) => cam.getStatus({ profileToken: 'profile_main' }, done));
    expect(status.position.x).toBeCloseTo(0.05);
  });
  expect(information.model).toBe('SIM-IPC-1');
  expect(profiles.map((profile) => profile.$.token)).toEqual(['profile_main', 'profile_sub']);
  expect([stream.uri, new URL(snapshot.uri).pathname]).toEqual([strict.rtspAddress.sub, '/onvif/snapshot/main']);
  expect(strict.counters.http.refused).toBe(0);
});

test('node-onvif as published connects, lists profiles and fetches addresses and a snapshot', async () => {
  interface Device {
    init(): Promise<{ Model: string }>;
    getProfileList(): readonly { token: string; stream: { rtsp: string }; snapshot: string }[];
    fetchSnapshot(): Promise<{ body: Buffer }>;
  }
  const { OnvifDevice } = load('node-onvif') as { OnvifDevice: new (options: object) => Device };
  const device = new OnvifDevice({ xaddr: camera.onvifAddress, user: account.username, pass: account.password });
  expect((await device.init()).Model).toBe('SIM-IPC-1');
  const profiles = device.getProfileList();
  expect(profiles.map((profile) => profile.stream.rtsp)).toEqual([camera.rtspAddress.main, camera.rtspAddress.sub]);
  const { body } = await device.fetchSnapshot();
  expect([...body.subarray(0, 2)]).toEqual([0xff, 0xd8]);
});

test.skipIf(!ffprobe)('ffprobe reads both profiles over RTSP with Digest', async () => {
  for (const [url, width] of [
    [camera.rtspAddress.main, 320],
    [camera.rtspAddress.sub, 160],
  ] as const) {
    const { stdout } = await run(ffprobe!, [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-show_entries',
      'stream=codec_name,width',
      '-of',
      'csv=p=0',
      signedIn(url),
    ]);
    expect(stdout.trim()).toBe(`h264,${width}`);
  }
});

test('ffmpeg decodes 3 s across the loop point without an error: the right camera, and every picture after the one before', async () => {
  const { path } = await findFfmpeg();
  const options = [
    '-rtsp_transport',
    'tcp',
    '-i',
    signedIn(camera.rtspAddress.main),
    '-t',
    '3',
    '-vsync',
    '0',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    'pipe:1',
  ];
  const { stdout, stderr } = await run(path, ['-v', 'error', '-nostdin', ...options], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  expect(stderr.toString()).toBe('');
  const size = small.width * small.height;
  const strips = Array.from({ length: stdout.length / size }, (_, index) => readStrip(stdout.subarray(index * size), small.width, small.height));
  expect(strips.length).toBeGreaterThanOrEqual(25);
  expect(new Set(strips.map((strip) => strip?.camera))).toEqual(new Set([cameraCode('gate')]));
  const frames = strips.map((strip) => strip?.frame ?? -1);
  for (const [index, frame] of frames.entries()) if (index > 0) expect(frame).toBe((frames[index - 1]! + 1) % 20);
});

test.skipIf(!gstreamer)('GStreamer plays it', () => {
  const source = ['rtspsrc', `location=${camera.rtspAddress.sub}`, `user-id=${account.username}`, `user-pw=${account.password}`, 'protocols=tcp'];
  // Its own process and ours would wait for each other if this were synchronous.
  return run('timeout', ['15', gstreamer!, '-q', ...source, '!', 'rtph264depay', '!', 'h264parse', '!', 'identity', 'eos-after=15', '!', 'fakesink']);
});

test('sequence numbers and timestamps go on over the loop point, with the time in every keyframe and in reports', async () => {
  const ffmpeg = await findFfmpeg();
  const settings = { codec: 'h264', camera: 'loop', caption: 'LOOP', ...small, loopSeconds: 1, gopSeconds: 0.5 } as const;
  const recording = await openRecording(settings, cacheFolder, async () => ffmpeg);
  const drift = 3_600_000;
  const stream = new CameraStream({ recording, clock: systemClock, wallClock: () => systemClock.now() + drift, faults: new Set() });
  const life = new AbortController();
  const running = stream.run(life.signal);
  const packets: ReturnType<typeof parseRtp>[] = [];
  const reports: number[] = [];
  const reading = stream.join({
    video: {
      rtp: (burst) => packets.push(...burst.packets.map(parseRtp)),
      rtcp: (packet) => {
        for (const item of parseRtcp(packet)) if (item.kind === 'sr') reports.push(item.wallClock);
      },
    },
  });
  await eventually(() => {
    expect(packets.filter((packet) => packet.marker).length).toBeGreaterThan(22);
    expect(reports.length).toBeGreaterThanOrEqual(1);
  });
  reading[Symbol.dispose]();
  life.abort();
  await running;
  const stamps = packets.filter((packet) => packet.marker).map((packet) => packet.timestamp);
  expect(stamps.length).toBeGreaterThan(15);
  for (const [index, packet] of packets.entries()) if (index > 0) expect(packet.sequence).toBe((packets[index - 1]!.sequence + 1) & 0xffff);
  for (const [index, stamp] of stamps.entries()) if (index > 0) expect((stamp - stamps[index - 1]! + 2 ** 32) % 2 ** 32).toBe(9_000);
  const units = h264Video.units(packets.map((packet) => writeFrame(0, writeRtp(packet, packet.payload))));
  const times = units.flatMap((nal) => readTimeSei(nal) ?? []);
  expect(times.length).toBeGreaterThanOrEqual(3);
  for (const time of [...times, ...reports]) expect(Math.abs(time - systemClock.now() - drift)).toBeLessThan(60_000);
  expect(reports.length).toBeGreaterThanOrEqual(1);
});

test('a camera without power is gone, and comes back on the same ports', async () => {
  const before = camera.onvifAddress;
  await camera.fault('off', true);
  await expect(fetch(before)).rejects.toThrow();
  await camera.fault('off', false);
  expect((await fetch(before, { method: 'POST', body: '<none/>' })).status).toBe(400);
});

test('npm onvif hears a press and its release through a pull point of ours, renews it and lets it go', async () => {
  await using heard = await simulate({ auth: 'token' });
  const { Cam } = load('onvif') as { Cam: new (options: object, done: (error: Error | null) => void) => EventCam };
  const cam = await new Promise<EventCam>((resolve, reject) => {
    const made: EventCam = new Cam({ hostname: '127.0.0.1', port: Number(new URL(heard.onvifAddress).port), ...account, timeout: 60_000 }, (error) =>
      error ? reject(error) : resolve(made),
    );
    made.on('error', reject);
  });
  const topics = await asked<{ topicSet: { device: { trigger: { digitalInput: object } } } }>((done) => cam.getEventProperties(done));
  expect(topics.topicSet.device.trigger).toHaveProperty('digitalInput');
  await asked((done) => cam.createPullPointSubscription(done));
  const pull = async () => {
    const { notificationMessage = [] } = await asked<{ notificationMessage?: Message | readonly Message[] }>((done) =>
      cam.pullMessages({ messageLimit: 100 }, done),
    );
    return [notificationMessage].flat().map(({ topic, message: { message } }) => {
      const { Name, Value } = [message.data.simpleItem].flat()[0]!.$;
      return [topic._, message.$.PropertyOperation, Name, String(Value)].join(' ');
    });
  };
  const states = await pull();
  expect(states).toContain('tns1:Device/Trigger/DigitalInput Initialized LogicalState false');
  heard.event('input-1', true);
  expect(await pull()).toEqual(['tns1:Device/Trigger/DigitalInput Changed LogicalState true']);
  await asked((done) => cam.renew({}, done));
  heard.event('input-1', false);
  expect(await pull()).toEqual(['tns1:Device/Trigger/DigitalInput Changed LogicalState false']);
  await asked((done) => cam.unsubscribe(done));
  await expect(asked((done) => cam.pullMessages({}, done))).rejects.toThrow();
});

/** Cameras whose streams go wrong in every way that we know: each is survived, each has its reason as a fault, and none disturbs another. */
import { randomBytes } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { h264Nal, h264NalType } from '../../adapters/protocols/h26x/nal.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import type { Camera, Inventory } from '../../gateway/domain/campus.ts';
import { cameraId, campusId, channelId, eventIdFrom } from '../../gateway/domain/ids.ts';
import { instant, seconds } from '../../gateway/domain/time.ts';
import type { HealthContext } from '../../gateway/health/check.ts';
import { healthChecks } from '../../gateway/health/checks/index.ts';
import { openHealth } from '../../gateway/health/health.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { rememberedAt } from '../../gateway/runtime/steady-time.ts';
import { collect, until } from '../contract/media-plane.ts';
import { type CameraOptions, openTestCamera } from '../support/rtsp-camera.ts';

const isSps = (unit: Uint8Array) => h264NalType(unit) === h264Nal.sps;
const isKey = (unit: Uint8Array) => isSps(unit) || h264NalType(unit) === h264Nal.pps || h264NalType(unit) === h264Nal.idr;
const noise = (length: number, index: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 89 + index * 41 + 0x80) & 0xff));

/** Some pictures in all, then nothing in any session. */
function forSome(pictures: number): NonNullable<CameraOptions['send']> {
  let sent = 0;
  return (socket, frames) => {
    sent += 1;
    if (sent <= pictures) socket.write(Buffer.concat(frames));
  };
}

interface Hostile {
  readonly options: CameraOptions;
  /** The fault that must stand, and what its sentence says. */
  readonly code: 'stream-flawed' | 'stream-stalled';
  readonly says: RegExp;
}

const hostile: Readonly<Record<string, Hostile>> = {
  'garbage-between-frames': {
    options: { send: (socket, frames, index) => socket.write(Buffer.concat(frames.flatMap((frame, at) => [frame, noise(1 + at * 7, index)]))) },
    code: 'stream-flawed',
    says: /Unreadable bytes/,
  },
  'wrong-lengths': {
    options: {
      send: (socket, frames, index) => {
        const bytes = Buffer.concat(frames);
        if (index % 10 === 3) bytes.writeUInt16BE(index % 20 === 3 ? 30 : bytes.readUInt16BE(2) + 200, 2);
        socket.write(bytes);
      },
    },
    code: 'stream-flawed',
    says: /Unreadable bytes/,
  },
  'endless-header': {
    options: {
      send: (socket, frames, index) =>
        socket.write(index % 15 === 14 ? Buffer.from(`RTSP/1.0 200 OK\r\nX: ${'a'.repeat(20_000)}`) : Buffer.concat(frames)),
    },
    code: 'stream-flawed',
    says: /breaks off again and again/,
  },
  'session-lost-mid-frame': {
    options: {
      send: (socket, frames, index) => {
        if (index % 15 !== 14) socket.write(Buffer.concat(frames));
        else socket.write(frames[0]!.subarray(0, 20), () => socket.destroy());
      },
    },
    code: 'stream-flawed',
    says: /breaks off again and again/,
  },
  'other-sps-at-every-keyframe': {
    options: { units: (units, index) => units.map((unit) => (isSps(unit) ? Buffer.from(unit).fill(20 + (index % 3), 3, 4) : unit)) },
    code: 'stream-flawed',
    says: /format changes again and again/,
  },
  'sps-of-17-kb': {
    options: { units: (units) => units.map((unit) => (isSps(unit) ? Buffer.concat([unit, Buffer.alloc(17_000, 0xb5)]) : unit)) },
    code: 'stream-flawed',
    says: /cannot be read/,
  },
  'time-stamps-that-jump': {
    options: { timestamp: (timestamp, index) => (timestamp + (Math.floor(index / 10) % 2) * 90_000 * 3_600) >>> 0 },
    code: 'stream-flawed',
    says: /time stamps jump/,
  },
  'corrupt-units': {
    // Headers that say nothing: neither parameter sets nor keyframes are to be found.
    options: { units: (units) => units.map((unit) => (isKey(unit) ? Buffer.from(unit).fill(0xff, 0, Math.min(8, unit.length)) : unit)) },
    code: 'stream-flawed',
    says: /no keyframe/,
  },
  'silence-after-some-pictures': {
    options: { send: forSome(10) },
    code: 'stream-stalled',
    says: /breaks off or stays silent/,
  },
  'no-h264-at-all': {
    options: { sdp: 'v=0\r\nm=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000\r\na=control:1\r\n' },
    code: 'stream-stalled',
    says: /format or transport is not supported/,
  },
  'html-instead-of-rtsp': {
    options: { override: (_, socket) => socket.write('<html>Please sign in</html>') },
    code: 'stream-stalled',
    says: /cannot be understood/,
  },
};

const cameraNamed = (name: string): Camera => ({
  id: cameraId(name),
  name,
  adapter: 'rtsp',
  address: 'rtsp://127.0.0.1/',
  settings: {},
  enabled: true,
  maintenance: false,
});

test('eleven hostile streams at once: each has its fault in words, and a healthy one beside them misses no picture', async () => {
  await using cleanup = new Scope();
  const urls = new Map<string, string>();
  for (const [name, { options }] of Object.entries({ ...hostile, healthy: { options: {} } })) {
    const camera = await openTestCamera({ framesPerSecond: 50, ...options });
    cleanup.own(camera);
    urls.set(name, camera.url);
  }
  const plane = openMediaPlane({
    clock: systemClock,
    log: silentLogger,
    resolve: async (channel, profile) => ({ camera: cameraId(channel), profile, url: urls.get(channel)!, transport: 'tcp' }),
    settings: { linger: seconds(60), patience: seconds(4), silence: seconds(3), keyframeWithin: seconds(2) },
  });
  cleanup.own(plane);

  const inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras: [...urls.keys()].map(cameraNamed),
    channels: [],
    panels: [],
    uplinks: [],
    rules: [],
  };
  const context: HealthContext = {
    now: () => systemClock.now(),
    startedAt: rememberedAt(systemClock),
    cameraStatus: (camera) => ({ camera, connection: 'connected', since: systemClock.now(), profiles: [] }),
    panelStatus: () => undefined,
    // They are watched: somebody asks for them again and again.
    streams: async (camera) =>
      (await plane.telemetry()).filter(({ channel }) => channel === String(camera)).map((stream) => ({ ...stream, viewers: 1 })),
    ring: async () => undefined,
    channelName: String,
    lastAlarmOf: () => undefined,
    testAlarm: () => undefined,
    backlog: () => ({ pending: 0, refused: 0 }),
    undelivered: () => undefined,
    standIn: () => undefined,
    answeredAt: () => undefined,
    uplinkBroken: () => undefined,
    uplinkLink: () => undefined,
    mediaRestarts: () => [],
    uplinkCertificate: () => undefined,
    chainBroken: () => undefined,
    ownCertificate: () => ({ name: 'the box', validTo: instant(Number.MAX_SAFE_INTEGER) }),
    disk: async () => ({ free: 1e12, total: 2e12 }),
  };
  const health = openHealth({
    inventory: { current: () => inventory, changes: async function* () {} },
    checks: healthChecks,
    context,
    clock: systemClock,
    log: silentLogger,
    openFaults: [],
    raise: async () => eventIdFrom(systemClock.now(), randomBytes(10)),
    clear: async () => undefined,
  });
  const life = new AbortController();
  cleanup.defer(() => life.abort());
  void health.run(life.signal);

  const watch = async (channel: string) => {
    const { port1, port2 } = new MessageChannel();
    const messages = collect(port1);
    const sink = await plane.prepare(
      { channel: channelId(channel), profile: 'main', purpose: 'local', kind: 'fmp4', audio: false, port: port2 },
      new AbortController().signal,
    );
    sink.start();
    return messages;
  };
  const pictures = await watch('healthy');
  for (const name of Object.keys(hostile)) void watch(name).catch(() => undefined);

  const faultOf = (name: string) => health.device(cameraId(name))?.faults[0];
  const found = () => Object.keys(hostile).map((name) => `${name}: ${faultOf(name)?.code} ${faultOf(name)?.sentence.en}`);
  await until(
    () => Object.entries(hostile).every(([name, { code, says }]) => faultOf(name)?.code === code && says.test(faultOf(name)!.sentence.en)),
    60_000,
  ).catch(() => undefined);
  expect(found()).toEqual(
    Object.entries(hostile).map(([name, { code, says }]) => expect.stringMatching(new RegExp(`^${name}: ${code} .*${says.source}`))),
  );
  expect(Object.keys(hostile).every((name) => /[\u4e00-\u9fff]/.test(faultOf(name)!.sentence.zh))).toBe(true);

  expect(faultOf('healthy')).toBeUndefined();
  const fragments = pictures.flatMap((message) => (message.kind === 'fragment' ? [Buffer.from(message.bytes)] : []));
  const times = fragments.map((bytes) => Number(bytes.readBigUInt64BE(bytes.indexOf('tfdt') + 8)));
  expect(times.length).toBeGreaterThan(100);
  expect(times.every((time, index) => index === 0 || time - times[index - 1]! === 1_800)).toBe(true);
  const [healthy] = (await plane.telemetry()).filter(({ channel }) => channel === 'healthy');
  expect(healthy).toMatchObject({ state: 'playing', lostPackets: 0 });
  expect(healthy).not.toHaveProperty('flaws');
});

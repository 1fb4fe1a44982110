/** The quirks of onvif-rtsp §3.2 that the simulated camera can play, each met by the real media plane. The table of all of them: test/fixtures/rtsp. */
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../../gateway/domain/ids.ts';
import type { Fmp4Message } from '../../../gateway/domain/media.ts';
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import type { CameraFault } from '../../../simulators/camera/faults.ts';
import { collect, until } from '../../contract/media-plane.ts';
import { doorAccount, openTestDoor, type TestDoor } from '../../support/rtsp-door.ts';

const patience = 60_000;

/** One viewer of the door's picture and sound. */
async function watch(door: TestDoor) {
  const plane = openMediaPlane({
    clock: systemClock,
    log: silentLogger,
    resolve: async (_, profile) => ({ camera: cameraId('odd'), profile, url: door.url, ...doorAccount }),
    settings: { silence: seconds(4) },
    worker: false,
  });
  const { port1, port2 } = new MessageChannel();
  const messages = collect(port1);
  const spec = { channel: channelId('odd'), profile: 'main', purpose: 'local', kind: 'fmp4', audio: true, port: port2 } as const;
  const sink = await plane.prepare(spec, new AbortController().signal);
  sink.start();
  const fragments = (track: 'video' | 'audio') => messages.filter((message) => message.kind === 'fragment' && message.track === track);
  return {
    messages,
    pictures: () => fragments('video').length,
    sounds: () => fragments('audio').length,
    telemetry: async () => (await plane.telemetry())[0]!,
    [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
  };
}

const decodeTime = (message: Fmp4Message) => {
  if (message.kind !== 'fragment') throw new Error('no fragment');
  const bytes = Buffer.from(message.bytes);
  return Number(bytes.readBigUInt64BE(bytes.indexOf('tfdt') + 8));
};

interface Odd {
  readonly faults: readonly CameraFault[];
  readonly sessionTimeout?: Millis;
}

describe.concurrent('a camera plays, whole and with its sound,', () => {
  test.each<[string, Odd]>([
    ['that is in order', { faults: [] }],
    ['that never answers keepalives (quirk 2)', { faults: ['keepalive-unanswered'], sessionTimeout: seconds(1) }],
    ['that wants DESCRIBE again where TCP was refused (quirk 7)', { faults: ['tcp-refused', 'describe-again'] }],
    ['that writes an SSRC with spaces into Transport (quirk 8)', { faults: ['crooked-ssrc'] }],
    ['that asks for Digest of an unknown algorithm (quirk 9)', { faults: ['odd-algorithm'] }],
    ['that answers 401 to whoever does not name himself (quirk 10)', { faults: ['user-agent-wanted'] }],
    ['that mixes in the packets of an old session (quirk 13)', { faults: ['old-session-data'] }],
    ['that gives a broken Content-Base (quirk 14)', { faults: ['crooked-content-base'] }],
    ['that names another host in its control addresses (quirk 15)', { faults: ['control-elsewhere'] }],
    ['that describes itself in broken SDP with media of its own (quirks 16 and 17)', { faults: ['crooked-sdp'] }],
    ['that puts start codes into sprop and packets (quirk 18)', { faults: ['start-codes'] }],
    ['that sets the marker on parameter sets (quirk 19)', { faults: ['early-marker'] }],
    ['that sends RTP-Info of 0 and reports of a foreign SSRC (quirk 22)', { faults: ['crooked-rtp-info'] }],
    ['that changes the session at each SETUP and has no Content-Type (quirk 28)', { faults: ['shifting-session'] }],
    ['that takes TCP and sends nothing over it', { faults: ['tcp-mute'] }],
  ])('%s', async (_, { faults, sessionTimeout }) => {
    await using door = await openTestDoor(faults, sessionTimeout);
    await using viewer = await watch(door);
    await until(() => viewer.pictures() > 60 && viewer.sounds() > 5, patience);
    const video = viewer.messages.filter((message) => message.kind !== 'ended' && message.track === 'video');
    expect(video[0]).toMatchObject({ kind: 'init', codecs: 'avc1.4d400d', width: 320, height: 240 });
    expect(video[1]).toMatchObject({ kind: 'fragment', keyframe: true });
    const times = video.slice(1).map(decodeTime);
    expect(times.every((time, index) => index === 0 || time - times[index - 1]! === 3_600)).toBe(true);
    const telemetry = await viewer.telemetry();
    expect(telemetry).toMatchObject({ state: 'playing', lostPackets: 0, audio: 'pcma' });
    expect(telemetry).not.toHaveProperty('flaws');
    expect(door.counters.refused).toBe(0);
    expect(door.counters.plays).toBe(faults.includes('tcp-mute') ? 2 : 1);
  });

  test('that gives each of its broken Content-Bases in turn (quirk 14)', async () => {
    await using door = await openTestDoor(['crooked-content-base']);
    for (let turn = 0; turn < 3; turn += 1) {
      await using viewer = await watch(door);
      await until(() => viewer.pictures() > 2, patience);
    }
    expect(door.counters.plays).toBe(3);
  });
});

describe.concurrent('a camera that ends its sessions is understood after a few of them', () => {
  test('because it wants to be asked every few seconds (quirk 1)', async () => {
    await using door = await openTestDoor(['impatient-session'], seconds(24));
    await using viewer = await watch(door);
    await until(() => door.counters.expired === 2, patience);
    await until(() => door.counters.plays === 3, patience);
    const before = viewer.pictures();
    await until(() => viewer.pictures() > before + 150, patience);
    expect(door.counters.plays).toBe(3);
  });

  test('because it lists GET_PARAMETER and dies of it (quirk 3)', async () => {
    await using door = await openTestDoor(['get-parameter-kills'], seconds(2));
    await using viewer = await watch(door);
    await until(() => door.counters.plays === 2, patience);
    const before = viewer.pictures();
    await until(() => viewer.pictures() > before + 75, patience);
    expect(door.counters.plays).toBe(2);
  });
});

/** RTP over UDP, for cameras that do not send over TCP. */
import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { parseRtcp, writeSenderReport } from '../../../adapters/protocols/rtp/rtcp.ts';
import { playRtsp } from '../../../adapters/protocols/rtsp/client.ts';
import { RtspFailure } from '../../../adapters/protocols/rtsp/failure.ts';
import type { CameraHabits } from '../../../adapters/protocols/rtsp/habits.ts';
import type { RtspOrderToPlay } from '../../../adapters/protocols/rtsp/order.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { UdpPorts } from '../../../adapters/protocols/rtsp/udp-ports.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera, type TestCamera } from '../../support/rtsp-camera.ts';

const ports = new UdpPorts({ first: 26_000, last: 26_999 });

/** Plays until `enough` is true; then leaves. */
async function play(camera: TestCamera, enough: (sequences: readonly number[]) => boolean | Promise<boolean>, order: Partial<RtspOrderToPlay> = {}) {
  const life = new AbortController();
  const sequences: number[] = [];
  let clocks = 0;
  const player = {
    begin: () => undefined,
    packet: (_: string, bytes: Buffer, start: number, end: number) => {
      expect(end - start).toBe(4 + bytes.readUInt16BE(start + 2));
      sequences.push(bytes.readUInt16BE(start + 6));
    },
    clock: () => {
      clocks += 1;
    },
    garbage: () => undefined,
  };
  const playing = playRtsp({ url: camera.url, timers: systemClock, within: 2_000, silence: 1_000, ports, ...order }, player, life.signal);
  await Promise.race([playing, until(() => enough(sequences))]);
  life.abort();
  await playing;
  return { sequences, clocks, inOrder: sequences.every((value, index) => index === 0 || value === ((sequences[index - 1]! + 1) & 0xffff)) };
}

/** Pictures come quickly: there is no time to waste. */
const framesPerSecond = 100;
const many = (sequences: readonly number[]) => sequences.length >= 120;
const setups = (camera: TestCamera) => camera.log.filter((line) => line.startsWith('SETUP')).length;

/** Neighbours change places, some packets come twice: what networks do. */
const shuffled: CameraOptions['scramble'] = (packets) =>
  packets.flatMap((packet, index) => {
    if (index % 3 === 1) return [];
    const next = packets[index + 1];
    return index % 3 === 0 && next ? [next, packet, packet] : [packet];
  });

describe('a camera that does not send over TCP', () => {
  test.each([
    ['refuses it with 461', 'only'],
    ['takes it and sends nothing', 'mute'],
  ] as const)('because it %s is heard over UDP, in order and whole, and then at once', async (_, udp) => {
    await using camera = await openTestCamera({ framesPerSecond, udp, scramble: shuffled, senderReports: true });
    const habits: CameraHabits = {};
    const first = await play(camera, many, { habits });
    expect(first.inOrder).toBe(true);
    expect(first.clocks).toBeGreaterThan(0);
    await until(() => camera.connections === 0);
    expect(habits.transport).toBe('udp');
    const before = setups(camera);
    expect((await play(camera, many, { habits })).inOrder).toBe(true);
    expect(setups(camera)).toBe(before + 1);
    expect(camera.teardowns).toBeGreaterThanOrEqual(2);
  });

  test('is described anew on the new connection (quirk 7)', async () => {
    await using camera = await openTestCamera({ framesPerSecond, udp: 'only' });
    await play(camera, many);
    expect(camera.log.map((line) => line.split(' ')[0]).slice(0, 7)).toEqual([
      'OPTIONS',
      'DESCRIBE',
      'SETUP',
      'OPTIONS',
      'DESCRIBE',
      'SETUP',
      'PLAY',
    ]);
  });

  test('is lost with a sentence about both ways when UDP brings nothing either', async () => {
    await using camera = await openTestCamera({ framesPerSecond, udp: 'mute', scramble: () => [] });
    const failure = await play(camera, () => false).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RtspFailure);
    expect((failure as RtspFailure).message).toMatch(/over TCP it .* over UDP it /s);
    await until(() => camera.connections === 0);
  });

  test('is refused where only TCP is allowed, and TCP is not tried where only UDP is', async () => {
    await using camera = await openTestCamera({ framesPerSecond, udp: 'only' });
    await expect(play(camera, many, { transport: 'tcp' })).rejects.toMatchObject({ reason: 'unsupported' });
    expect((await play(camera, many, { transport: 'udp' })).inOrder).toBe(true);
    expect(setups(camera)).toBe(2);
  });
});

test('a camera whose first picture is late, but whose reports come, is not asked for UDP', async () => {
  const report = writeFrame(1, writeSenderReport({ ssrc: 1, wallClock: 0, rtpTimestamp: 0, packets: 0, octets: 0 }));
  const began = Date.now();
  await using camera = await openTestCamera({
    framesPerSecond,
    send: (socket, frames) => socket.write(Date.now() - began < 3_300 ? report : Buffer.concat(frames)),
  });
  await play(camera, many, { silence: 4_000 });
  expect(setups(camera)).toBe(1);
});

describe('over UDP', () => {
  test('a lost packet holds up nothing for longer than a moment', async () => {
    await using camera = await openTestCamera({
      framesPerSecond,
      udp: 'only',
      scramble: (packets) => packets.filter((packet) => packet.readUInt16BE(2) % 50 !== 7),
    });
    const { sequences } = await play(camera, many);
    expect(sequences.some((value) => value % 50 === 7)).toBe(false);
    expect(sequences.every((value, index) => index === 0 || ((value - sequences[index - 1]!) & 0xffff) <= 2)).toBe(true);
  });

  test('packets of anybody but the camera are not taken, even if they come first', async () => {
    await using camera = await openTestCamera({ framesPerSecond, udp: 'only' });
    camera.mute(true);
    // Another address of this machine: 127.0.0.1 is the camera's.
    const stranger = createSocket('udp4');
    await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.2', resolve));
    const forged = writeRtp({ marker: true, payloadType: 96, sequence: 4_711, timestamp: 0, ssrc: 0xbad }, new Uint8Array(40));
    let sent = 0;
    const shout = setInterval(() => {
      for (const target of camera.targets) {
        stranger.send(forged, target, '127.0.0.1');
        sent += 1;
      }
      if (sent === 20) camera.mute(false);
    }, 5);
    const { sequences, inOrder } = await play(camera, many);
    clearInterval(shout);
    stranger.close();
    expect(sent).toBeGreaterThan(20);
    expect(inOrder).toBe(true);
    expect(sequences).not.toContain(4_711);
  });

  test('ports that are taken are passed over, and none left is said', async () => {
    const narrow = new UdpPorts({ first: 27_001, last: 27_005 });
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(27_003, '127.0.0.1', resolve));
    const pair = await narrow.open('127.0.0.1');
    expect(pair.port).toBe(27_004);
    await expect(narrow.open('127.0.0.1')).rejects.toMatchObject({ reason: 'local', message: expect.stringContaining('27002 to 27005') });
    pair.close();
    taken.close();
  });
});

test.each(['tcp', 'udp'] as const)('over %s the camera hears how its pictures arrive', async (transport) => {
  await using camera = await openTestCamera(transport === 'udp' ? { udp: 'only' } : {});
  await play(camera, () => camera.heard.some((packet) => parseRtcp(packet)[0]?.kind === 'rr'), { transport });
  const [report] = camera.heard.flatMap((packet) => parseRtcp(packet));
  expect(report).toMatchObject({ kind: 'rr', blocks: [{ lost: 0, fractionLost: 0 }] });
});

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { type RtpPacket, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { channelId } from '../../../gateway/domain/ids.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { resolverOf, until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera } from '../../support/rtsp-camera.ts';
import { openRtspPlayer } from '../../support/rtsp-player.ts';

const wall = { username: 'wall', password: 'wall-key' };
const yardOnly = { username: 'yard', password: 'yard-key', channels: [channelId('yard')] };

const stepTo = (before: RtpPacket, after: RtpPacket) => (after.sequence - before.sequence) & 0xffff;

async function box(settings = {}, odd: CameraOptions = {}) {
  const camera = await openTestCamera({ senderReports: true, ...odd });
  const options = { clock: systemClock, log: silentLogger, resolve: resolverOf(camera), worker: false };
  const plane = openMediaPlane({ ...options, settings: { linger: millis(50), ...settings } });
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.admit([wall, yardOnly]);
  return {
    camera,
    plane,
    port,
    [Symbol.asyncDispose]: async () => {
      await plane[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

describe('the RTSP door', () => {
  test.each(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'ANNOUNCE'])(
    'answers %s with 401 without a key',
    async (method) => {
      await using gateway = await box();
      for (const path of ['/gate/main', '/nowhere/main', '/']) {
        await using player = await openRtspPlayer(gateway.port, path);
        expect((await player.ask(method)).status).toBe(401);
      }
      expect(gateway.camera.log).toEqual([]);
    },
  );

  test('answers alike for a channel that the key does not open, one that is not there, and no path at all', async () => {
    await using gateway = await box();
    for (const path of ['/gate/main', '/nowhere/main', '/gate/other', '/']) {
      await using player = await openRtspPlayer(gateway.port, path, yardOnly);
      expect((await player.ask('DESCRIBE')).status).toBe(404);
    }
    await using player = await openRtspPlayer(gateway.port, '/yard/sub', yardOnly);
    expect((await player.ask('DESCRIBE')).status).toBe(200);
  });

  test('tells which methods there are, refuses UDP with 461 and PAUSE with 405', async () => {
    await using gateway = await box();
    await using player = await openRtspPlayer(gateway.port, '/gate/main', wall);
    expect((await player.ask('OPTIONS')).headers.get('public')).toEqual(['OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER']);
    expect((await player.ask('SETUP', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' })).status).toBe(461);
    expect((await player.ask('PAUSE')).status).toBe(405);
    expect((await player.ask('PLAY', { Session: 'guess' })).status).toBe(454);
  });

  test('rewrites packets for a viewer that asked for other channels, and reports the wall clock on the second one', async () => {
    await using gateway = await box();
    await using player = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await player.play('RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=8-9');
    await until(() => player.packets.length > 20 && player.reports.length > 0);
    expect(new Set(player.frames.map((frame) => frame.channel))).toEqual(new Set([8, 9]));
    expect(player.reports[0]).toMatchObject({ kind: 'sr', ssrc: player.packets[0]!.ssrc });
  });

  test('a joiner is told the wall clock before the first picture', async () => {
    await using gateway = await box();
    await using first = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await first.play();
    await until(() => first.packets.length > 10);
    await using joiner = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await joiner.play();
    await until(() => joiner.packets.length > 0);
    expect(joiner.frames.slice(0, 2).map(({ channel }) => channel)).toEqual([1, 0]);
    expect(joiner.reports[0]).toMatchObject({ kind: 'sr', ssrc: joiner.packets[0]!.ssrc });
  });

  test('a joiner starts with a keyframe at once, and gets nothing twice', async () => {
    await using gateway = await box();
    await using first = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await first.play();
    await until(() => first.packets.length > 20);
    await using second = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await second.play();
    await until(() => second.packets.length > 40);
    const steps = second.packets.slice(1).map((packet, index) => (packet.sequence - second.packets[index]!.sequence) & 0xffff);
    expect(steps.every((step) => step === 1)).toBe(true);
    expect(second.packets[0]!.payload[0]! & 0x1f).not.toBe(1);
    expect(gateway.camera.playing).toBe(1);
  });

  test('TEARDOWN ends the viewer and, after the linger, the pull', async () => {
    await using gateway = await box();
    await using player = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await player.play();
    expect((await player.ask('TEARDOWN')).status).toBe(200);
    await until(() => player.closed && gateway.camera.teardowns === 1 && gateway.camera.connections === 0);
  });

  test('a viewer that stops reading skips to a later keyframe; the other misses nothing, and the camera never waits', async () => {
    await using gateway = await box({ cacheBytes: 20_000_000 }, { fillerBytes: 400_000 });
    await using slow = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await using quick = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await slow.play();
    await quick.play();
    slow.socket.pause();
    const skipped = async () => (await gateway.plane.telemetry())[0]!.skippedFrames;
    await until(async () => (await skipped()) > 5);
    expect(quick.packets.every((packet, index, all) => index === 0 || stepTo(all[index - 1]!, packet) === 1)).toBe(true);
    slow.socket.resume();
    const gapAt = () => slow.packets.findIndex((packet, index, all) => index > 0 && stepTo(all[index - 1]!, packet) > 1);
    await until(() => gapAt() > 0);
    const after = slow.packets[gapAt()]!;
    const frame = writeFrame(0, writeRtp(after, after.payload));
    expect(h264Video.opensPictureGroup(frame, 4, frame.length)).toBe(true);
  });

  test('a viewer that never reads again is closed', async () => {
    await using gateway = await box({ viewerLost: millis(1_500), viewerStalled: millis(500) }, { fillerBytes: 400_000 });
    await using slow = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await slow.play();
    slow.socket.pause();
    await until(async () => (await gateway.plane.telemetry()).length === 0);
    // The stream is gone from the telemetry before its goodbye has reached the camera.
    await until(() => gateway.camera.teardowns === 1);
  });

  test('hostile bytes, floods and guesses end the connection, and nothing else', async () => {
    await using gateway = await box();
    await using good = await openRtspPlayer(gateway.port, '/gate/main', wall);
    await good.play();
    const floods = ['GET / HTTP/1.1\r\n\r\n', `OPTIONS * RTSP/1.0\r\nX: ${'x'.repeat(20_000)}`, 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(200)];
    for (const bytes of floods) {
      const socket = connect(gateway.port, '127.0.0.1');
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write(bytes);
      await closed;
    }
    await using guesser = await openRtspPlayer(gateway.port, '/gate/main', { username: 'wall', password: 'guess' });
    for (let guess = 0; guess < 5; guess += 1) expect((await guesser.ask('DESCRIBE')).status).toBe(401);
    await until(() => guesser.closed);
    const before = good.packets.length;
    await until(() => good.packets.length > before + 10);
  });
});

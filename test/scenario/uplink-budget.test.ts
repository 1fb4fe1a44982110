/** The budget towards the police side over real sockets: alarm viewing goes first, patrol viewing makes do with the sub-stream and is told why. */
import { expect, test } from 'vitest';
import { h264Video } from '../../adapters/protocols/h26x/h264-video.ts';
import { type RtpPacket, writeRtp } from '../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../adapters/protocols/rtsp/scanner.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../gateway/runtime/logger.ts';
import { UplinkBudget } from '../../gateway/runtime/uplink-budget.ts';
import { until } from '../contract/media-plane.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { openRtspPlayer, type RtspPlayerUnderTest } from '../support/rtsp-player.ts';

const police = { username: 'police', password: 'police-key', purpose: 'patrol' } as const;
/** The machine that runs the tests may be busy with others; on a quiet one this is 1. */
const slack = 3;
const wall = { username: 'wall', password: 'wall-key' } as const;

/** Bytes that these viewers were sent. */
const bytesOf = (players: readonly RtspPlayerUnderTest[]) => players.flatMap(({ frames }) => frames).reduce((sum, { bytes }) => sum + bytes, 0);

/** A packet as `opensPictureGroup` wants it. */
function framed(packet: RtpPacket): [Buffer, number, number] {
  const frame = writeFrame(0, writeRtp(packet, packet.payload));
  return [frame, 4, frame.length];
}

test('patrol viewers move to the sub-stream within 2 s and are told why, an alarm is shown in full, and the cap holds in every second', async () => {
  // Main streams of about 1 MB/s each, sub-streams of a few kB/s; the link carries 1.5 MB/s.
  await using main = await openTestCamera({ fillerBytes: 40_000, senderReports: true });
  await using sub = await openTestCamera();
  const limit = 1_500_000;
  const uplink = UplinkBudget.open(limit, clock);
  await using plane = openMediaPlane({
    ...{ clock, log, uplink },
    worker: false,
    resolve: async (_channel, profile) => ({ camera: cameraId('cam'), profile, url: (profile === 'main' ? main : sub).url }),
  });
  await plane.admit([police, wall]);
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.alarmed([channelId('gate')]);

  const openedAt = clock.monotonic();
  let most = 0;
  const sampling = setInterval(() => {
    const { alarm: urgent, patrol: usual } = uplink.used();
    most = Math.max(most, urgent + usual);
  }, 20);
  await using alarm = await openRtspPlayer(port, '/gate/main', police);
  await alarm.play();
  // For a second at least: only then it is known what the alarm needs.
  await until(() => alarm.packets.length > 100 && clock.monotonic() - openedAt > 2_500);
  await using patrol = await openRtspPlayer(port, '/yard/main', police);
  await patrol.play();
  await using local = await openRtspPlayer(port, '/yard/main', wall);
  await local.play();
  const begun = Date.now();
  const notes = () => patrol.reports.filter(({ kind }) => kind === 'other').length;
  await until(() => uplink.pressed);
  const pressedAt = Date.now();
  await until(() => notes() > 0);
  expect(Date.now() - pressedAt).toBeLessThan(2_000 * slack);
  expect(pressedAt - begun).toBeLessThan(5_000 * slack);
  const moved = patrol.packets.length;
  await until(() => patrol.packets.length > moved + 40);
  // The same source, and the time never goes back; what the account could not yet carry is left out up to a keyframe, never in the middle.
  const after = patrol.packets.slice(moved);
  expect(new Set(patrol.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  const gaps = after.slice(1).filter((packet, index) => ((packet.sequence - after[index]!.sequence) & 0xffff) !== 1);
  expect(gaps.every((packet) => h264Video.opensPictureGroup(...framed(packet)))).toBe(true);
  expect(after.slice(1).every((packet, index) => ((packet.timestamp - after[index]!.timestamp) | 0) >= 0)).toBe(true);

  await using late = await openRtspPlayer(port, '/hall/main', police);
  expect((await late.ask('DESCRIBE')).status).toBe(453);
  await using small = await openRtspPlayer(port, '/hall/sub', police);
  await small.play();
  await until(() => small.packets.length > 10);

  const counted = alarm.packets.length;
  await until(() => alarm.packets.length > counted + 300);
  const steps = alarm.packets.slice(1).map((packet, index) => (packet.sequence - alarm.packets[index]!.sequence) & 0xffff);
  expect(steps.every((step) => step === 1)).toBe(true);
  expect(local.closed).toBe(false);
  // Each second by the account itself (its unit test proves that), and over all of them by what really arrived.
  expect(most).toBeGreaterThan(limit / 2);
  expect(most).toBeLessThanOrEqual(limit);
  expect(bytesOf([alarm, patrol, small])).toBeLessThanOrEqual(limit * ((clock.monotonic() - openedAt) / 1_000 + 1));
  clearInterval(sampling);
});

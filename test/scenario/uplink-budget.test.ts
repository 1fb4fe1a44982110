/** The budget towards the police side over real sockets: alarm viewing goes first, patrol viewing makes do with the sub-stream and is told why. */
import { expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../gateway/runtime/logger.ts';
import { UplinkBudget } from '../../gateway/runtime/uplink-budget.ts';
import { until } from '../contract/media-plane.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { openRtspPlayer, type RtspPlayerUnderTest } from '../support/rtsp-player.ts';

const police = { username: 'police', password: 'police-key', purpose: 'patrol' } as const;
const wall = { username: 'wall', password: 'wall-key' } as const;

/** The largest number of bytes that these viewers were sent in any one second. */
function mostInASecond(players: readonly RtspPlayerUnderTest[]): number {
  const sent = players.flatMap(({ frames }) => frames).sort((a, b) => a.at - b.at);
  let most = 0;
  let sum = 0;
  for (let first = 0, last = 0; last < sent.length; last += 1) {
    sum += sent[last]!.bytes;
    while (sent[last]!.at - sent[first]!.at >= 1_000) {
      sum -= sent[first]!.bytes;
      first += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
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

  await using alarm = await openRtspPlayer(port, '/gate/main', police);
  await alarm.play();
  await until(() => alarm.packets.length > 100);
  await using patrol = await openRtspPlayer(port, '/yard/main', police);
  await patrol.play();
  await using local = await openRtspPlayer(port, '/yard/main', wall);
  await local.play();
  const begun = Date.now();
  const notes = () => patrol.reports.filter(({ kind }) => kind === 'other').length;
  await until(() => uplink.pressed, 10_000);
  const pressedAt = Date.now();
  await until(() => notes() > 0, 10_000);
  expect(Date.now() - pressedAt).toBeLessThan(2_000);
  expect(pressedAt - begun).toBeLessThan(5_000);
  const moved = patrol.packets.length;
  await until(() => patrol.packets.length > moved + 40, 15_000);
  // The same source, no gap in the numbers, and the time never goes back.
  const after = patrol.packets.slice(moved);
  expect(new Set(patrol.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  expect(after.slice(1).every((packet, index) => ((packet.sequence - after[index]!.sequence) & 0xffff) === 1)).toBe(true);
  expect(after.slice(1).every((packet, index) => ((packet.timestamp - after[index]!.timestamp) | 0) >= 0)).toBe(true);

  await using late = await openRtspPlayer(port, '/hall/main', police);
  expect((await late.ask('DESCRIBE')).status).toBe(453);
  await using small = await openRtspPlayer(port, '/hall/sub', police);
  await small.play();
  await until(() => small.packets.length > 10);

  const counted = alarm.packets.length;
  await until(() => alarm.packets.length > counted + 300, 15_000);
  const steps = alarm.packets.slice(1).map((packet, index) => (packet.sequence - alarm.packets[index]!.sequence) & 0xffff);
  expect(steps.every((step) => step === 1)).toBe(true);
  expect(local.closed).toBe(false);
  // Ours are counted where they are handed to the socket; where they arrive, a busy machine may bunch two of them.
  expect(mostInASecond([alarm, patrol, small])).toBeLessThanOrEqual(limit * 1.1);
});

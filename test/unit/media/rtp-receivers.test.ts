/** Receivers of RTP that are slow, that share a stream, or whose stream is large. */
import { expect, test } from 'vitest';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { millis } from '../../../gateway/domain/time.ts';
import type { MediaSettings } from '../../../gateway/media/settings.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { UplinkBudget } from '../../../gateway/runtime/uplink-budget.ts';
import { orderRtp, resolverOf, until } from '../../contract/media-plane.ts';
import { openRtpReceiver } from '../../support/rtp-receiver.ts';
import { type CameraOptions, openTestCamera } from '../../support/rtsp-camera.ts';

const ssrc = 200_000_001;
/** Pictures of so many bytes more: filler data that no muxer strips. */
const heavy = (bytes: number): CameraOptions => {
  const filler = Buffer.alloc(bytes, 0x55);
  filler[0] = 0x0c;
  return { units: (units) => [...units, filler], bytesPerPacket: bytes > 100_000 ? 60_000 : 1_400 };
};

async function box(odd: CameraOptions = {}, settings: Partial<MediaSettings> = {}, uplink = UplinkBudget.open(0, systemClock)) {
  await using opening = new Scope();
  const camera = opening.own(await openTestCamera(odd));
  const plane = opening.own(
    openMediaPlane({
      ...{ resolve: resolverOf(camera), clock: systemClock, log: silentLogger, worker: false, uplink },
      settings: { linger: millis(50), ...settings },
    }),
  );
  const scope = opening.release();
  return { camera, plane, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

test('a receiver that is slow loses whole pictures up to a keyframe, and never holds up the camera or anybody else', {
  timeout: 120_000,
}, async () => {
  await using gateway = await box(heavy(200_000), { viewerBytes: 1024 * 1024, viewerStalled: millis(500), viewerLost: millis(60_000) });
  await using slow = await openRtpReceiver('tcp-active', ssrc);
  await using other = await openRtpReceiver('tcp-active', ssrc);
  for (const receiver of [slow, other]) (await orderRtp(gateway.plane, receiver.way)).start();
  await until(() => slow.frames.length > 3 && other.frames.length > 3);
  slow.pause(true);
  const before = other.frames.length;
  await until(async () => ((await gateway.plane.telemetry())[0]?.skippedFrames ?? 0) > 25);
  expect(other.frames.length - before).toBeGreaterThan(25);
  slow.pause(false);
  const then = slow.frames.length;
  const total = (await gateway.plane.telemetry())[0]!.frames;
  await until(async () => (await gateway.plane.telemetry())[0]!.frames > total + 40);
  await until(() => slow.frames.length > then + 40);
  // Its sequence numbers go on, and what follows the gap is a keyframe.
  expect([...slow.complaints, ...other.complaints]).toEqual([]);
  const gap = slow.frames.findIndex(({ timestamp }, index) => index > 0 && timestamp - slow.frames[index - 1]!.timestamp > 10_000);
  expect(slow.frames[gap]).toMatchObject({ keyframe: true });
});

test('a receiver that takes nothing for good is let go, and everybody is told why', async () => {
  await using gateway = await box(heavy(200_000), { viewerStalled: millis(300), viewerLost: millis(1_000) });
  await using stuck = await openRtpReceiver('tcp-active', ssrc);
  const sending = await orderRtp(gateway.plane, stuck.way);
  sending.start();
  await until(() => stuck.frames.length > 1);
  stuck.pause(true);
  expect(await sending.ended).toMatchObject({ cause: 'let-go', sentence: expect.stringMatching(/takes nothing|too slow/) });
  expect(await gateway.plane.figures()).toMatchObject({ rtpReceivers: 0, owedBytes: 0 });
});

test('large pictures leave by UDP in portions that a switch takes, and arrive whole', async () => {
  await using gateway = await box({ ...heavy(60_000), framesPerSecond: 10 });
  await using receiver = await openRtpReceiver('udp', ssrc);
  (await orderRtp(gateway.plane, receiver.way)).start();
  await until(() => receiver.frames.length > 20);
  expect(receiver.complaints).toEqual([]);
  const packets = receiver.frames.map((frame) => frame.packets);
  expect(Math.min(...packets.slice(5))).toBeGreaterThan(40);
  // However the machine is loaded, a portion is no more than 16 datagrams in 5 ms but for what a late timer has to catch up with.
  const last = receiver.times.slice(-400);
  const spread = last.slice(48).filter((at, index) => at - last[index]! > 10).length;
  expect(spread).toBeGreaterThan((last.length - 48) * 0.9);
});

test('a camera that falls silent ends its receivers in time, and one that comes back before does not', async () => {
  await using gateway = await box({}, { rtpSilence: millis(2_500) });
  await using receiver = await openRtpReceiver('udp', ssrc);
  const sending = await orderRtp(gateway.plane, receiver.way);
  sending.start();
  await until(() => receiver.frames.length > 5);
  gateway.camera.cut();
  const before = receiver.frames.length;
  await until(() => receiver.frames.length > before + 5);
  expect(receiver.complaints).toEqual([]);
  gateway.camera.mute(true);
  expect(await sending.ended).toMatchObject({ cause: 'no-pictures' });
});

test('nobody but those who were named may connect, and the port is given back after the first', async () => {
  await using gateway = await box();
  await using receiver = await openRtpReceiver('tcp-passive', ssrc);
  const sending = await orderRtp(gateway.plane, { transport: 'tcp-passive', from: ['192.0.2.1'] });
  sending.start();
  await receiver.dial(sending.local);
  await until(() => receiver.closed);
  expect(receiver.packets).toBe(0);
  await sending[Symbol.asyncDispose]();
  const next = await orderRtp(gateway.plane, receiver.way);
  next.start();
  await receiver.dial(next.local);
  await until(() => receiver.frames.length > 2);
  await expect(receiver.dial(next.local)).rejects.toThrow(/ECONNREFUSED/);
});

test('patrol viewing goes on with the sub-stream while the link is full, and nobody downstream sees a seam', async () => {
  const uplink = UplinkBudget.open(1e9, systemClock);
  await using gateway = await box({}, {}, uplink);
  await using receiver = await openRtpReceiver('tcp-active', ssrc);
  (await orderRtp(gateway.plane, receiver.way, { purpose: 'patrol' })).start();
  await until(() => receiver.frames.length > 5);
  // Refused again and again: a link that was full once is tried anew after 20 s.
  const full = () => uplink.take(1.5e9, 'patrol');
  await until(async () => !full() && (await gateway.plane.telemetry()).some(({ profile, viewers }) => profile === 'sub' && viewers === 1));
  const then = receiver.frames.length;
  await until(() => !full() && receiver.frames.length > then + 20);
  expect(receiver.complaints).toEqual([]);
  const steps = receiver.frames.slice(1).map(({ timestamp }, index) => timestamp - receiver.frames[index]!.timestamp);
  expect(Math.max(...steps)).toBeLessThan(5 * 90_000);
  await expect(orderRtp(gateway.plane, receiver.way, { purpose: 'patrol' })).rejects.toMatchObject({ code: 'UPLINK_BUDGET' });
});

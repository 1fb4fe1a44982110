/** How the platform simulator plays a channel, and what it finds wrong with the media of others. */
import { expect, test } from 'vitest';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import type { PlayTransport } from '../../../simulators/platform/gb28181/live/door.ts';
import { eventually } from '../../support/eventually.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { cameraId, deviceId, openGbDevice, type PacketFault } from '../../support/simple-gb-device.ts';

const never = new AbortController().signal;
const transports: readonly PlayTransport[] = ['udp', 'tcp-passive', 'tcp-active'];

async function playing(options: { readonly transport?: PlayTransport; readonly packets?: PacketFault; readonly seed?: number } = {}) {
  const { transport = 'tcp-passive', packets } = options;
  const platform = await localPlatform({ welcome: { queries: false, subscriptions: [] }, seed: options.seed ?? 1 });
  const device = await openGbDevice({ platform: platform.address, transport: 'UDP', pace: 5, ...(packets ? { packets } : {}) });
  await device.register();
  return {
    platform,
    device,
    play: () => platform.play(deviceId, { channel: cameraId(1), transport }, never),
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      await device[Symbol.asyncDispose]();
    },
  };
}

test.each(transports)('%s: two groups of pictures without one violation, and nothing left after BYE', async (transport) => {
  await using school = await playing({ transport });
  const play = await school.play();
  expect(play.status).toBe(200);
  await eventually(() => expect(play.counters().keyframes).toBeGreaterThan(5));
  expect(play.violations()).toEqual([]);
  expect(play.counters()).toMatchObject({ video: 'h264', lost: 0, violations: 0 });
  expect(play.firstPacketAfter).toBeLessThan(seconds(30));
  await play.bye(never);
  expect(school.platform.plays()).toEqual([]);
  await eventually(() => expect(school.device.calls.size).toBe(0));
  expect(school.platform.complaints()).toEqual([]);
});

test('a refused play is over, and says with which status', async () => {
  await using platform = await localPlatform({ welcome: { queries: false, subscriptions: [] } });
  await using device = await openGbDevice({ platform: platform.address, transport: 'TCP', refuses: 486 });
  await device.register();
  const play = await platform.play(deviceId, { channel: cameraId(1), transport: 'udp', stream: 1 }, never);
  expect([play.status, play.ended.aborted, platform.plays()]).toEqual([486, true, []]);
});

test('a device that is not registered is not called', async () => {
  await using platform = await localPlatform();
  await expect(platform.play(deviceId, { channel: cameraId(1), transport: 'udp' }, never)).rejects.toThrow(`No device ${deviceId}`);
});

const bytes = (packet: Buffer, change: (copy: Buffer) => void) => {
  const copy = Buffer.from(packet);
  change(copy);
  return [copy];
};
const isSecondFrame = (index: number) => index > 12;

test.each<[string, PacketFault]>([
  ['ssrc', (packet) => bytes(packet, (copy) => copy.writeUInt32BE(7, 8))],
  ['payload-type', (packet) => bytes(packet, (copy) => copy.writeUInt8((copy[1]! & 0x80) | 98, 1))],
  ['sequence', (packet, index) => (index === 20 ? [] : [packet])],
  ['sequence', (packet, index) => (index === 20 ? [packet, packet] : [packet])],
  ['marker', (packet) => bytes(packet, (copy) => copy.writeUInt8(copy[1]! & 0x7f, 1))],
  ['rtp-time', (packet) => bytes(packet, (copy) => copy.writeUInt32BE(5, 4))],
  ['rtp-time', (packet) => bytes(packet, (copy) => copy.writeUInt32BE(-copy.readUInt32BE(4) >>> 0, 4))],
  ['rtp-drift', (packet) => bytes(packet, (copy) => copy.writeUInt32BE(copy.readUInt32BE(4) * 2, 4))],
  ['rtp-header', (packet) => bytes(packet, (copy) => copy.writeUInt8(0x00, 0))],
  ['packet-size', (packet) => [Buffer.concat([packet, Buffer.alloc(1_500)])]],
  ['first-frame', (packet, index) => (index < 12 ? [] : [packet])],
  [
    'fixed-bits',
    (packet) => bytes(packet, (copy) => copy.includes(Buffer.of(0, 0, 1, 0xba)) && copy.writeUInt8(0, copy.indexOf(Buffer.of(0, 0, 1, 0xba)) + 4)),
  ],
  [
    'undeclared',
    (packet) => bytes(packet, (copy) => copy.includes(Buffer.of(0, 0, 1, 0xbc)) && copy.writeUInt8(0xbe, copy.indexOf(Buffer.of(0, 0, 1, 0xbc)) + 3)),
  ],
  ['stray-bytes', (packet, index) => (isSecondFrame(index) ? bytes(packet, (copy) => copy.fill(0xff, 12, 16)) : [packet])],
])('media with a fault is named: %s', async (rule, packets) => {
  await using school = await playing({ packets });
  const play = await school.play();
  await eventually(() => expect(Object.keys(play.counters().byRule)).toContain(rule));
});

test('a cancelled play leaves nothing behind, whoever was faster', async () => {
  for (const name of ['cancel-race', 'late-cancel']) {
    await using school = await playing({ seed: 3 });
    await school.platform.misbehave(name);
    for (let turn = 0; turn < 5; turn += 1) {
      const play = await school.play();
      expect([0, 200, 487]).toContain(play.status);
      await play.bye(never);
    }
    expect(school.platform.plays()).toEqual([]);
    await eventually(() => expect(school.device.calls.size).toBe(0));
  }
});

test('a BYE that is lost is not heard by the device, and an ACK that is lost neither', async () => {
  await using school = await playing({ transport: 'udp' });
  await school.platform.misbehave('lost-bye', 'lost-ack');
  const play = await school.play();
  await systemClock.sleep(seconds(1));
  expect([play.status, play.counters().packets, school.device.acknowledged]).toEqual([200, 0, []]);
  using soon = systemClock.deadline(millis(500));
  await play.bye(soon);
  expect(school.device.calls.size).toBe(1);
  expect(school.platform.plays()).toEqual([]);
});

test.each(['no-ssrc', 'no-setup', 'many-formats', 'blank-format', 'bare-line-ends', 'ack-elsewhere', 'late-ack', 'some-acks-lost'])(
  'a device of the subset plays for a platform with %s',
  async (name) => {
    await using school = await playing({ seed: 5 });
    await school.platform.misbehave(name);
    const play = await school.play();
    expect(play.status).toBe(200);
    await eventually(() => expect(play.counters().frames).toBeGreaterThan(20));
    expect(play.violations()).toEqual([]);
    await play.bye(never);
  },
);

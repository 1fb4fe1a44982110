/** What every media plane must do, wherever it runs. Called once in-process and once behind the worker. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import type { Fmp4Message, RtpOrder, RtpWay, StreamAddress, StreamProfile, WireMessage } from '../../gateway/domain/media.ts';
import type { KeyframeAsker, MediaPlane, StreamResolver } from '../../gateway/domain/ports.ts';
import { openRtpReceiver } from '../support/rtp-receiver.ts';
import { type CameraOptions, openTestCamera, pictures, type TestCamera } from '../support/rtsp-camera.ts';
import { openRtspPlayer } from '../support/rtsp-player.ts';

export interface PlaneUnderTest {
  open(resolve: StreamResolver, linger: number, askKeyframe?: KeyframeAsker): MediaPlane;
}

export const gate = channelId('gate');
const key = { username: 'wall', password: 'w4ll-key-of-many-bits' };
export const never = new AbortController().signal;

export function resolverOf(camera: TestCamera, password?: string): StreamResolver {
  return async (channel, profile): Promise<StreamAddress> => {
    if (channel !== 'gate' && channel !== 'yard') throw new GatewayError('NOT_FOUND', `There is no channel ${channel}.`);
    return { camera: cameraId('cam-1'), profile, url: camera.url, ...(password === undefined ? {} : { username: 'admin', password }) };
  };
}

export function collect(port: MessagePort): Fmp4Message[] {
  const messages: Fmp4Message[] = [];
  port.on('message', (message: Fmp4Message) => messages.push(message));
  return messages;
}

export async function until(claim: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await claim())) {
    if (Date.now() > end) throw new Error(`Not true within ${within} ms: ${claim.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function openSink(plane: MediaPlane, profile: StreamProfile = 'main') {
  const { port1, port2 } = new MessageChannel();
  const messages = collect(port1);
  const sink = await plane.prepare({ channel: gate, profile, purpose: 'local', kind: 'fmp4', audio: false, port: port2 }, never);
  sink.start();
  return { messages, sink, port: port1 };
}

const ssrc = 200_000_001;

/** One receiver of RTP, who is ready to be sent to. */
export async function orderRtp(plane: MediaPlane, way: RtpWay, more: Partial<RtpOrder> = {}) {
  const local = { address: '127.0.0.1' };
  const order = { channel: gate, profile: 'main', purpose: 'local', way, local, ssrc, payloadType: 96, sound: true } as const;
  return plane.sendRtp({ ...order, ...more }, never);
}

export function mediaPlaneContract(subject: PlaneUnderTest): void {
  test.each<[string, CameraOptions]>([
    ['in the middle of a group', { units: (units, index) => (index < 10 ? pictures[1]! : units) }],
    ['with nothing before its next keyframe', { send: (socket, frames, index) => index >= 15 && socket.write(Buffer.concat(frames)) }],
  ])('a camera that begins %s is asked for one, and not again for who comes later', async (_, odd) => {
    await using camera = await openTestCamera(odd);
    const asked: string[] = [];
    await using plane = subject.open(resolverOf(camera), 100, (channel, profile) => asked.push(`${channel}/${profile}`));
    const first = await openSink(plane);
    await until(() => first.messages.length > 2);
    const before = asked.slice();
    const second = await openSink(plane);
    await until(() => second.messages.length > 2);
    expect([asked[0], asked]).toEqual(['gate/main', before]);
  });

  test('the camera is pulled once for many viewers, and left with TEARDOWN after the last one and the linger', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 200);
    const first = await openSink(plane);
    const second = await openSink(plane);
    await until(() => second.messages.length > 2);
    expect(camera.playing).toBe(1);
    expect((await plane.telemetry())[0]).toMatchObject({ channel: 'gate', profile: 'main', state: 'playing', viewers: 2, width: 320 });
    await first.sink[Symbol.asyncDispose]();
    await second.sink[Symbol.asyncDispose]();
    await until(() => camera.teardowns === 1 && camera.connections === 0);
    expect(await plane.telemetry()).toEqual([]);
  });

  test('a viewer that comes back within the linger finds the camera still pulled', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 2_000);
    const first = await openSink(plane);
    await until(() => first.messages.length > 2);
    await first.sink[Symbol.asyncDispose]();
    const second = await openSink(plane);
    await until(() => second.messages.length > 2);
    expect(camera.log.filter((line) => line.startsWith('PLAY'))).toHaveLength(1);
    await second.sink[Symbol.asyncDispose]();
  });

  test('a wire sink tells the tracks first, then hands on the very packets of the camera, keyframe first, to readers that keep up', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 100);
    const { port1, port2 } = new MessageChannel();
    const messages: WireMessage[] = [];
    let taken = 0;
    port1.on('message', (message: WireMessage) => {
      messages.push(message);
      if (message.kind !== 'packets') return;
      taken += message.bytes.length;
      port1.postMessage(taken);
    });
    await using sink = await plane.prepare({ channel: gate, profile: 'main', purpose: 'local', kind: 'wire', port: port2 }, never);
    sink.start();
    await until(() => messages.filter(({ kind }) => kind === 'packets').length > 30);
    expect(messages[0]).toMatchObject({
      kind: 'begin',
      description: { video: { codec: 'h264', parameterSets: [expect.anything(), expect.anything()] } },
    });
    const packets = messages.flatMap((message) => (message.kind === 'packets' ? [message] : []));
    expect(packets[0]).toMatchObject({ track: 'video', keyframe: true, starts: true });
    const sequences = packets.flatMap(({ bytes }) => {
      const wire = Buffer.from(bytes);
      const found: number[] = [];
      for (let at = 0; at < wire.length; at += 4 + wire.readUInt16BE(at + 2)) found.push(wire.readUInt16BE(at + 6));
      return found;
    });
    expect(sequences.slice(1).every((sequence, index) => sequence === ((sequences[index]! + 1) & 0xffff))).toBe(true);
  });

  test('the newest keyframe can be had at any time, of a stream that nobody watches as well', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    const keyframe = await plane.keyframe({ channel: gate, profile: 'main' }, never);
    expect(keyframe).toMatchObject({ codec: 'h264', width: 320, height: 240 });
    const kinds = splitAnnexB(keyframe.bytes).map((nal) => nal[0]! & 0x1f);
    expect(kinds).toEqual(expect.arrayContaining([7, 8, 5]));
    expect(Math.abs(Date.now() - keyframe.capturedAt)).toBeLessThan(30_000);
    await until(() => camera.connections === 0);
  });

  test('a recorded stream is pulled without viewers, and its last seconds are there when its camera dies', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    await plane.record([{ channel: gate, profile: 'main' }]);
    await until(async () => ((await plane.telemetry())[0]?.ring?.reach ?? 0) > 1_500);
    expect((await plane.telemetry())[0]).toMatchObject({ viewers: 0, ring: { wanted: 30_000 } });
    await camera[Symbol.asyncDispose]();
    await until(async () => (await plane.telemetry())[0]?.ring?.reach === 0);
    const { port1, port2 } = new MessageChannel();
    const messages = collect(port1);
    await using sink = await plane.prepare({ channel: gate, profile: 'main', purpose: 'local', kind: 'clip', port: port2 }, never);
    sink.start();
    await until(() => messages.at(-1)?.kind === 'ended');
    expect(messages[0]).toMatchObject({ kind: 'init', track: 'video' });
    expect(messages[1]).toMatchObject({ kind: 'fragment', keyframe: true });
    expect(messages.length).toBeGreaterThan(15);
    await plane.record([]);
    await until(async () => (await plane.telemetry()).length === 0);
  });

  test.each(['udp', 'tcp-active', 'tcp-passive'] as const)(
    'a receiver of RTP is sent whole frames (%s), keyframe first, until it is told no more',
    async (transport) => {
      await using camera = await openTestCamera();
      await using plane = subject.open(resolverOf(camera), 50);
      await using receiver = await openRtpReceiver(transport, ssrc);
      const sending = await orderRtp(plane, receiver.way);
      expect(receiver.packets).toBe(0);
      if (transport === 'tcp-passive') await receiver.dial(sending.local);
      sending.start();
      await until(() => receiver.frames.length > 30);
      expect(receiver.complaints).toEqual([]);
      expect(receiver.frames[0]).toMatchObject({ keyframe: true, video: 'h264' });
      expect(await plane.figures()).toMatchObject({ rtpReceivers: 1 });
      await sending[Symbol.asyncDispose]();
      const end = await sending.ended;
      expect(end.cause).toBe('stopped');
      await until(() => receiver.packets === end.packets || transport !== 'udp');
      expect(end.bytes).toBeGreaterThan(end.packets * 12);
      expect(await plane.figures()).toMatchObject({ rtpReceivers: 0 });
      await until(() => camera.connections === 0);
    },
  );

  test('a receiver that hangs up, or never connects, ends with the reason, and the camera is left', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    await using receiver = await openRtpReceiver('tcp-active', ssrc);
    const sending = await orderRtp(plane, receiver.way);
    sending.start();
    await until(() => receiver.frames.length > 5);
    receiver.hangUp();
    expect(await sending.ended).toMatchObject({ cause: 'far-side' });
    await using silent = await openRtpReceiver('tcp-passive', ssrc);
    const waiting = await orderRtp(plane, silent.way);
    waiting.start();
    expect(await waiting.ended).toMatchObject({ cause: 'no-connection', packets: 0 });
    await until(() => camera.connections === 0);
  });

  test('no receiver is opened for a stream that cannot be had, nor where every port is taken', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    const way = { transport: 'tcp-passive', from: ['127.0.0.1'] } as const;
    await expect(orderRtp(plane, way, { channel: channelId('nowhere') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const first = await orderRtp(plane, way);
    const local = { address: '127.0.0.1', ports: { first: first.local.port, last: first.local.port } };
    if (first.local.port % 2 === 0) await expect(orderRtp(plane, way, { local })).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    expect(await plane.figures()).toMatchObject({ rtpReceivers: 1 });
    await first[Symbol.asyncDispose]();
    await until(() => camera.connections === 0);
  });

  test('a sink whose port its reader closes is given up by itself', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    const { messages, port } = await openSink(plane);
    await until(() => messages.length > 2);
    port.close();
    await until(() => camera.connections === 0);
  });

  test('a broken connection is mended, and the pictures go on in the same sink', async () => {
    await using camera = await openTestCamera();
    await using plane = subject.open(resolverOf(camera), 50);
    const { messages, sink } = await openSink(plane);
    await until(() => messages.length > 5);
    camera.cut();
    const before = messages.length;
    await until(() => messages.length > before + 5);
    expect(messages.some((message) => message.kind === 'ended')).toBe(false);
    await sink[Symbol.asyncDispose]();
  });

  test('an unknown channel is NOT_FOUND, a wrong password CAMERA_CREDENTIALS after one signed request', async () => {
    await using camera = await openTestCamera({ password: 'right' });
    await using plane = subject.open(resolverOf(camera, 'wrong'), 50);
    const { port2 } = new MessageChannel();
    const spec = { profile: 'main', purpose: 'local', kind: 'fmp4', audio: false } as const;
    await expect(plane.prepare({ ...spec, channel: channelId('nowhere'), port: port2 }, never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (let time = 0; time < 3; time += 1) {
      const other = new MessageChannel();
      await expect(plane.prepare({ ...spec, channel: gate, port: other.port2 }, never)).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(camera.credentialed).toBeLessThanOrEqual(2);
  });

  test('a camera that is not there is CAMERA_UNREACHABLE at once', async () => {
    const camera = await openTestCamera();
    await camera[Symbol.asyncDispose]();
    await using plane = subject.open(resolverOf(camera), 50);
    await expect(openSink(plane)).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
  });

  test('RTSP viewers with a key see the stream; when the key is revoked they are cut off', async () => {
    await using camera = await openTestCamera({ noSets: true });
    await using plane = subject.open(resolverOf(camera), 50);
    const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
    await plane.admit([key]);
    await using player = await openRtspPlayer(port, '/gate/main', key);
    await player.play();
    await until(() => player.packets.length > 40);
    const steps = player.packets.slice(1).map((packet, index) => (packet.sequence - player.packets[index]!.sequence) & 0xffff);
    expect(steps.every((step) => step === 1)).toBe(true);
    await plane.admit([]);
    await until(() => player.closed);
    await until(() => camera.connections === 0);
  });

  test('closing the plane ends its sinks, its viewers and its pulls', async () => {
    await using camera = await openTestCamera();
    const plane = subject.open(resolverOf(camera), 5_000);
    const { messages } = await openSink(plane);
    await until(() => messages.length > 2);
    await plane[Symbol.asyncDispose]();
    await until(() => messages.at(-1)?.kind === 'ended');
    await until(() => camera.connections === 0);
    expect(camera.teardowns).toBe(1);
  });
}

import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openSink, resolverOf, until } from '../contract/media-plane.ts';
import { peer } from '../support/peers.ts';
import { captured, mediaFixture, picturesOf } from '../support/rtp-captures.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const gstreamer = peer('gst-launch-1.0');
const key = { username: 'reader', password: 'Reader_Key-42' };
const patience = 60_000;
const pictures = picturesOf(captured('ffmpeg-h265.interleaved'));

/** Sends what ffmpeg sent, over and over; sequence numbers and timestamps go on. */
function loop() {
  let sequence = 65_000;
  return (socket: Socket, _: readonly Buffer[], index: number) => {
    for (const packet of pictures[index % pictures.length]!) {
      const copy = Buffer.from(packet);
      copy.writeUInt16BE(sequence & 0xffff, 6);
      copy.writeUInt32BE((index * 3_600) >>> 0, 8);
      sequence += 1;
      socket.write(copy);
    }
  };
}

async function gateway() {
  const camera = await openTestCamera({ sdp: mediaFixture('ffmpeg-h265.sdp').toString(), send: loop() });
  const plane = openMediaPlane({ clock: systemClock, log: silentLogger, resolve: resolverOf(camera), worker: false });
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.admit([key]);
  return {
    plane,
    url: `rtsp://${key.username}:${key.password}@127.0.0.1:${port}/gate/main`,
    [Symbol.asyncDispose]: async () => {
      await plane[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

describe('a camera with H.265', () => {
  test.skipIf(!ffmpeg)('reaches a browser’s socket as hvc1, and ffmpeg decodes that without a complaint', async () => {
    await using box = await gateway();
    const { messages, sink } = await openSink(box.plane);
    await until(() => messages.length > 40);
    await sink[Symbol.asyncDispose]();
    expect(messages[0]).toMatchObject({ kind: 'init', track: 'video', codecs: 'hvc1.1.6.L60.90', width: 160, height: 120 });
    expect(messages[1]).toMatchObject({ kind: 'fragment', keyframe: true });
    const file = Buffer.concat(messages.flatMap((message) => ('bytes' in message ? [message.bytes] : [])));
    const { code, errors } = await runProgram(ffmpeg!, ['-v', 'error', '-xerror', '-f', 'mp4', '-i', 'pipe:0', '-f', 'null', '-'], patience, file);
    expect(errors).toBe('');
    expect(code).toBe(0);
  });

  test.skipIf(!ffmpeg)('is played by ffmpeg over the RTSP of the gateway', async () => {
    await using box = await gateway();
    const args = ['-v', 'error', '-xerror', '-rtsp_transport', 'tcp', '-i', box.url, '-frames:v', '40', '-f', 'null', '-'];
    const { code, errors } = await runProgram(ffmpeg!, args, patience);
    expect(errors).toBe('');
    expect(code).toBe(0);
  });

  test.skipIf(!gstreamer)('is played by GStreamer over the RTSP of the gateway', async () => {
    await using box = await gateway();
    const pipeline = ['-q', 'rtspsrc', `location=${box.url}`, 'latency=0', 'protocols=tcp', '!', 'rtph265depay', '!', 'h265parse', '!'];
    const { code, errors } = await runProgram(gstreamer!, [...pipeline, 'avdec_h265', '!', 'identity', 'eos-after=30', '!', 'fakesink'], patience);
    expect(errors).not.toMatch(/ERROR/);
    expect(code).toBe(0);
  });
});

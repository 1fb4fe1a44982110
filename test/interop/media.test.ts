import { describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openSink, resolverOf, until } from '../contract/media-plane.ts';
import { peer } from '../support/peers.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { runProgram } from '../support/run-program.ts';

const ffprobe = peer('ffprobe');
const ffmpeg = peer('ffmpeg');
const gstreamer = peer('gst-launch-1.0');
const key = { username: 'reader', password: 'Reader_Key-42' };

async function gateway() {
  const camera = await openTestCamera({ password: 'camera-pass', senderReports: true });
  const plane = openMediaPlane({ clock: systemClock, log: silentLogger, resolve: resolverOf(camera, 'camera-pass'), worker: false });
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.admit([key]);
  return {
    plane,
    port,
    url: `rtsp://${key.username}:${key.password}@127.0.0.1:${port}/gate/main`,
    [Symbol.asyncDispose]: async () => {
      await plane[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

describe('other people’s players', () => {
  test.skipIf(!ffprobe)('ffprobe plays the RTSP of the gateway, and sees what the camera sends', async () => {
    await using box = await gateway();
    const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-show_entries', 'stream=codec_name,width,height,profile', '-of', 'json', box.url];
    const { code, output, errors } = await runProgram(ffprobe!, args);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(output).streams).toEqual([{ codec_name: 'h264', profile: 'Main', width: 320, height: 240 }]);
  });

  test.skipIf(!ffprobe)('ffprobe with a wrong key is turned away', async () => {
    await using box = await gateway();
    const { code, errors } = await runProgram(ffprobe!, ['-v', 'error', '-rtsp_transport', 'tcp', box.url.replace('Reader_Key-42', 'guess')]);
    expect(code).not.toBe(0);
    expect(errors).toContain('401');
  });

  test.skipIf(!ffmpeg)('ffmpeg decodes 50 pictures of the RTSP without a complaint', async () => {
    await using box = await gateway();
    const { code, errors } = await runProgram(ffmpeg!, [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-i',
      box.url,
      '-frames:v',
      '50',
      '-f',
      'null',
      '-',
    ]);
    expect(errors).toBe('');
    expect(code).toBe(0);
  });

  test.skipIf(!gstreamer)('GStreamer plays the RTSP of the gateway', async () => {
    await using box = await gateway();
    // Its default is UDP first: the gateway answers 461, and it comes back over TCP.
    const pipeline = ['-q', 'rtspsrc', `location=${box.url}`, 'latency=0', '!', 'rtph264depay', '!', 'h264parse', '!'];
    const { code, errors } = await runProgram(gstreamer!, [...pipeline, 'identity', 'eos-after=50', '!', 'fakesink']);
    expect(errors).not.toMatch(/ERROR/);
    expect(code).toBe(0);
  });

  test.skipIf(!ffmpeg || !ffprobe)('ffmpeg decodes the fMP4 without error, and every fragment is one picture', async () => {
    await using box = await gateway();
    const { messages, sink } = await openSink(box.plane);
    await until(() => messages.length > 60);
    await sink[Symbol.asyncDispose]();
    const file = Buffer.concat(messages.flatMap((message) => (message.kind === 'ended' ? [] : [message.bytes])));
    const decoded = await runProgram(ffmpeg!, ['-v', 'error', '-xerror', '-f', 'mp4', '-i', 'pipe:0', '-f', 'null', '-'], undefined, file);
    expect(decoded.errors).toBe('');
    expect(decoded.code).toBe(0);
    const args = ['-v', 'error', '-f', 'mp4', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', 'pipe:0'];
    const counted = await runProgram(ffprobe!, args, undefined, file);
    expect(Number(counted.output)).toBe(messages.filter((message) => message.kind === 'fragment').length);
  });
});

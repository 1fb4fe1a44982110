/** H.265 and sound of the simulated camera, judged by ffmpeg and GStreamer, over TCP and UDP. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import type { CameraSimulator } from '../../simulators/camera/simulator.ts';
import { peer } from '../support/peers.ts';
import { cameraShop } from '../support/simulated-camera.ts';

const run = promisify(execFile);
const gstreamer = peer('gst-launch-1.0');
/** As a judge: the bundled one of 2018 is not asked. */
const ffmpeg = peer('ffmpeg');
const account = { username: 'admin', password: 'canary-5f21' };
let shop: Awaited<ReturnType<typeof cameraShop>>;
let camera: CameraSimulator;

beforeAll(async () => {
  shop = await cameraShop();
  camera = await shop.open({
    ...{ id: 'codecs', ...account, loopSeconds: 2, gopSeconds: 1 },
    main: { width: 320, height: 180, framesPerSecond: 10, codec: 'h265', sound: 'aac' },
    sub: { width: 160, height: 90, framesPerSecond: 10, codec: 'h264', sound: 'pcma' },
  });
}, 180_000);
afterAll(async () => {
  await camera[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const signedIn = (url: string) => url.replace('rtsp://', `rtsp://${account.username}:${account.password}@`);

describe.concurrent.each(['tcp', 'udp'] as const)('over %s', (transport) => {
  test.skipIf(!ffmpeg).each(['main', 'sub'] as const)(
    'ffmpeg decodes both tracks of %s without an error, in step with each other',
    async (profile) => {
      const { path } = await findFfmpeg();
      const options = ['-rtsp_transport', transport, '-i', signedIn(camera.rtspAddress[profile]), '-t', '3', '-f', 'null', '-'];
      const { stderr } = await run(path, ['-v', 'info', '-nostdin', '-stats', ...options]);
      const lines = stderr.split(/[\r\n]+/);
      expect(lines.filter((line) => /error|invalid|corrupt|missing|non-monoton/i.test(line))).toEqual([]);
      const tracks = lines.flatMap(
        (line) => /^ *Stream #0:\d: (?:Video: (h264|hevc)|Audio: (aac|pcm_alaw)).*? (\d+x\d+|\d+ Hz, mono)/.exec(line)?.slice(1) ?? [],
      );
      const expected = profile === 'main' ? ['hevc', '320x180', 'aac', '16000 Hz, mono'] : ['h264', '160x90', 'pcm_alaw', '8000 Hz, mono'];
      expect(tracks.filter((part) => part !== undefined)).toEqual(expected);
      // Sound comes at once, the picture with the next keyframe: up to a second of ten pictures later.
      expect(stderr).toMatch(/frame= *(1[89]|2\d|3\d) /);
      expect(stderr).toMatch(/time=00:00:0(2\.[89]|3\.)/);
    },
  );

  test.skipIf(!gstreamer)('GStreamer plays both', async () => {
    const play = (profile: 'main' | 'sub', picture: readonly string[], sound: readonly string[]) =>
      run('timeout', [
        ...[
          '20',
          gstreamer!,
          '-q',
          'rtspsrc',
          `location=${camera.rtspAddress[profile]}`,
          `user-id=${account.username}`,
          `user-pw=${account.password}`,
        ],
        ...[`protocols=${transport}`, 'name=camera'],
        ...['camera.', '!', ...picture, '!', 'identity', 'eos-after=15', '!', 'fakesink'],
        ...['camera.', '!', ...sound, '!', 'identity', 'eos-after=30', '!', 'fakesink'],
      ]);
    await Promise.all([
      play('main', ['rtph265depay', '!', 'h265parse', '!', 'avdec_h265'], ['rtpmp4gdepay', '!', 'aacparse']),
      play('sub', ['rtph264depay', '!', 'h264parse', '!', 'avdec_h264'], ['rtppcmadepay', '!', 'alawdec']),
    ]);
  });
});

/** What a receiver of RTP is sent, from a simulated camera through the media plane, in the eyes of ffmpeg and GStreamer. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { orderRtp, until } from '../contract/media-plane.ts';
import { peer } from '../support/peers.ts';
import { soundPackets } from '../support/program-stream-sound.ts';
import { openRtpReceiver } from '../support/rtp-receiver.ts';
import { runBytes, runProgram } from '../support/run-program.ts';
import { cameraShop, password, username } from '../support/simulated-camera.ts';

const ffmpeg = peer('ffmpeg');
const ffprobe = peer('ffprobe');
const gstreamer = peer('gst-launch-1.0');
const patience = 60_000;
const ssrc = 200_000_001;

let folder: string;
let shop: Awaited<ReturnType<typeof cameraShop>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtp-ps-'));
  shop = await cameraShop();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await shop[Symbol.asyncDispose]();
});

/** The program stream of some seconds of a camera that speaks. */
async function streamOf(
  codec: 'h264' | 'h265',
  sound: 'pcma' | 'pcmu' | 'aac',
): Promise<{ readonly bytes: Buffer; readonly pictures: number; readonly sounds: readonly Buffer[] }> {
  await using camera = await shop.open({ main: { width: 320, height: 180, framesPerSecond: 25, codec, sound } });
  await using plane = openMediaPlane({
    resolve: async (_channel, profile) => ({ camera: cameraId('gate'), profile, url: camera.rtspAddress[profile], username, password }),
    ...{ clock: systemClock, log: silentLogger, settings: { linger: millis(50) }, worker: false },
  });
  await using receiver = await openRtpReceiver('tcp-active', ssrc);
  (await orderRtp(plane, receiver.way)).start();
  await until(() => receiver.frames.length > 50, patience);
  expect(receiver.complaints).toEqual([]);
  const { frames } = receiver;
  expect(frames[0]).toMatchObject({ keyframe: true, video: codec, audio: sound });
  const sounds = frames.flatMap((frame) => frame.sounds);
  // Sound and pictures tell the same time: no drift between the two.
  const heard = sounds.at(-1)!.pts! - sounds[0]!.pts!;
  const shown = frames.at(-1)!.pts! - frames[0]!.pts!;
  expect(Math.abs(heard - shown)).toBeLessThan(90_000);
  return { bytes: Buffer.concat(frames.map((frame) => frame.bytes)), pictures: frames.length, sounds: sounds.map(({ bytes }) => bytes) };
}

describe.skipIf(!ffmpeg)('a camera that speaks', () => {
  test.each(['h264', 'h265'] as const)('with %s and AAC is decoded by ffmpeg without an error', { timeout: 3 * patience }, async (codec) => {
    const { bytes, pictures, sounds } = await streamOf(codec, 'aac');
    const decoded = async (map: string) => {
      const args = ['-v', 'error', '-xerror', '-f', 'mpeg', '-i', 'pipe:0', '-map', map, '-f', 'framemd5', '-'];
      const { code, output, errors } = await runBytes(ffmpeg!, args, patience, bytes);
      expect([code, errors]).toEqual([0, '']);
      return output.toString().match(/^\d/gm)?.length ?? 0;
    };
    expect(await decoded('0:v')).toBe(pictures);
    expect(await decoded('0:a')).toBeGreaterThanOrEqual(sounds.length - 1);
  });
});

describe('its sound', () => {
  // ffmpeg takes G.711 for mp2: what is judged is which bytes it takes out.
  test.skipIf(!ffprobe).each(['pcma', 'pcmu'] as const)('in %s is taken out by ffmpeg as it was put in', { timeout: 3 * patience }, async (sound) => {
    const { bytes, sounds } = await streamOf('h264', sound);
    const wanted = { shown: ['-show_data_hash', 'md5'], entries: 'data_hash', patience };
    const packets = await soundPackets<{ readonly data_hash: string }>(ffprobe!, bytes, wanted);
    const md5 = (each: Uint8Array) => `MD5:${createHash('md5').update(each).digest('hex')}`;
    expect(packets.map(({ data_hash }) => data_hash)).toEqual(sounds.map(md5));
    expect(sounds.length).toBeGreaterThan(20);
  });

  test.skipIf(!gstreamer)('in AAC is taken out by GStreamer as it was put in', { timeout: 3 * patience }, async () => {
    const { bytes, sounds } = await streamOf('h264', 'aac');
    const [path, out] = [join(folder, 'aac.ps'), join(folder, 'aac.adts')];
    await writeFile(path, bytes);
    const audio = ['d.audio_c0', '!', 'queue', '!', 'filesink', `location=${out}`];
    const video = ['d.video_e0', '!', 'queue', '!', 'h264parse', '!', 'fakesink'];
    const args = ['-q', 'filesrc', `location=${path}`, '!', 'mpegpsdemux', 'name=d', ...audio, ...video];
    const { code, errors } = await runProgram(gstreamer!, args, patience);
    expect(errors).not.toMatch(/ERROR|WARNING/);
    expect(code).toBe(0);
    expect((await readFile(out)).equals(Buffer.concat(sounds))).toBe(true);
  });
});

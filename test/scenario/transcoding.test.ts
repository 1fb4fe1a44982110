/** H.265 for viewers that cannot play it: real ffmpeg, simulated cameras, and the media plane that makes H.264 of what they send. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MediaPlaneOptions, openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import type { Fmp4Message, StreamProfile } from '../../gateway/domain/media.ts';
import type { MediaPlane } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { MediaSaboteur } from '../../gateway/media/sabotage.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import type { CameraSimulator } from '../../simulators/camera/simulator.ts';
import { readStrip } from '../../simulators/camera/strip.ts';
import { collect, until } from '../contract/media-plane.ts';
import { peer } from '../support/peers.ts';
import { runBytes } from '../support/run-program.ts';
import { cameraShop, password, username } from '../support/simulated-camera.ts';

const ffmpeg = peer('ffmpeg');
const embedded: string = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg').path;
const patience = 60_000;
/** Taller than what a slot makes, and narrow: no more pixels than the simulated camera needs to be quick. */
const tall = { width: 400, height: 900, framesPerSecond: 10, kbps: 400 } as const;

describe.skipIf(!ffmpeg)('a viewer that cannot play H.265', () => {
  let shop: Awaited<ReturnType<typeof cameraShop>>;
  let cameras: Map<string, CameraSimulator>;

  beforeAll(async () => {
    shop = await cameraShop();
    const small = { width: 160, height: 90, framesPerSecond: 10, kbps: 100 } as const;
    const opened = ['gate', 'yard'].map((id) =>
      shop.open({
        id,
        main: { ...(id === 'gate' ? tall : { ...small, sound: 'pcma' as const }), codec: 'h265' },
        sub: small,
        loopSeconds: 8,
        gopSeconds: 1,
      }),
    );
    cameras = new Map((await Promise.all(opened)).map((camera) => [camera.id, camera]));
  }, 120_000);
  afterAll(async () => {
    for (const camera of cameras?.values() ?? []) await camera[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  const open = (slots: number, path?: string, more: Partial<MediaPlaneOptions> = {}) =>
    openMediaPlane({
      ...{ clock: systemClock, log: silentLogger, worker: false, ...more },
      settings: { patience: seconds(60), transcoding: { slots, ...(path === undefined ? {} : { ffmpeg: path }) } },
      resolve: async (channel, profile) => {
        const { id, rtspAddress } = cameras.get(channel)!;
        return { camera: cameraId(id), profile, url: rtspAddress[profile], username, password };
      },
    });

  test.each([
    ['installed', ffmpeg!],
    ['embedded', embedded],
  ])(
    'gets H.264 from the %s ffmpeg, within 1280 x 720, each picture with the time at which it was taken',
    async (_name, path) => {
      await using plane = open(1, path);
      const asSent = await watch(plane, 'gate');
      await until(() => asSent.pictures() > 5, patience);
      const rendition = await watch(plane, 'gate', 'calm');
      await until(() => rendition.pictures() > 30, patience);
      await rendition.leave();
      await asSent.leave();
      expect(asSent.messages[0]).toMatchObject({ kind: 'init', codecs: expect.stringMatching(/^hvc1/) });
      expect(rendition.messages[0]).toMatchObject({ kind: 'init', codecs: 'avc1.42c01f', width: 320, height: 720, transcoded: true });
      const [taken, shown] = [await framesOf(asSent.messages, 400, 900), await framesOf(rendition.messages, 320, 720)];
      expect(shown.length).toBeGreaterThan(15);
      // The number of a picture comes again with the next round of the camera.
      const apart = ({ frame, at }: Seen) => Math.min(...taken.flatMap((one) => (one.frame === frame ? [Math.abs(one.at - at)] : [])));
      for (const seen of shown) expect(apart(seen), `picture ${seen.frame}`).toBeLessThan(2);
      // Two seconds; by pictures, as those of a busy machine come late.
      expect(longestGroup(rendition.messages)).toBeLessThanOrEqual(2 * tall.framesPerSecond);
    },
    180_000,
  );

  test('shares one ffmpeg with all who watch the same, which ends soon after the last of them', async () => {
    await using plane = open(1);
    const [one, other] = [await watch(plane, 'yard', 'calm'), await watch(plane, 'yard', 'urgent')];
    await until(() => one.pictures() > 3 && other.pictures() > 3, patience);
    expect(programs()).toHaveLength(1);
    expect((await plane.figures()).transcoding).toEqual({ slots: 1, used: 1, refused: 0 });
    await one.leave();
    await other.leave();
    await until(() => programs().length === 0, patience);
    expect((await plane.figures()).transcoding.used).toBe(0);
  }, 180_000);

  test('is told that all slots are taken, unless it shows an alarm: then another one makes room, and is told', async () => {
    await using plane = open(1);
    const first = await watch(plane, 'yard', 'calm');
    await until(() => first.pictures() > 0, patience);
    await expect(watch(plane, 'gate', 'calm')).rejects.toMatchObject({ code: 'TRANSCODER_BUSY' });
    const alarm = await watch(plane, 'gate', 'urgent');
    expect(first.messages.at(-1)).toMatchObject({ kind: 'ended', code: 'TRANSCODER_BUSY' });
    await until(() => alarm.pictures() > 0, patience);
    await expect(watch(plane, 'yard', 'urgent')).rejects.toMatchObject({ code: 'TRANSCODER_BUSY' });
    expect(programs()).toHaveLength(1);
    expect((await plane.figures()).transcoding).toEqual({ slots: 1, used: 1, refused: 2 });
    // Nobody watches it any more: its slot is free at once, not after its linger.
    await alarm.leave();
    const next = await watch(plane, 'yard', 'calm');
    await until(() => next.pictures() > 0, patience);
  }, 180_000);

  test('needs no ffmpeg for H.264', async () => {
    await using plane = open(0, '/nowhere/ffmpeg');
    const viewer = await watch(plane, 'gate', 'calm', 'sub');
    await until(() => viewer.pictures() > 3, patience);
    expect(viewer.messages[0]).toMatchObject({ kind: 'init', width: 160 });
    expect(viewer.messages[0]).not.toHaveProperty('transcoded');
  }, 180_000);

  test('is told why where there are no slots, or no ffmpeg', async () => {
    await using without = open(0);
    await expect(watch(without, 'yard', 'calm')).rejects.toMatchObject({ code: 'TRANSCODER_OFF' });
    await using broken = open(1, '/nowhere/ffmpeg');
    await expect(watch(broken, 'yard', 'calm')).rejects.toMatchObject({ code: 'TRANSCODER_MISSING' });
  }, 180_000);

  test('sees pictures again after its ffmpeg was killed, and after it hung', async () => {
    await using plane = open(1);
    const viewer = await watch(plane, 'yard', 'calm');
    await until(() => viewer.pictures() > 0, patience);
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      await until(() => programs().length === 1, patience);
      const [broken] = programs();
      process.kill(broken!, signal);
      await until(() => programs().length === 1 && programs()[0] !== broken, patience);
      const before = viewer.pictures();
      await until(() => viewer.pictures() > before + 3, patience);
    }
    expect(viewer.messages.filter(({ kind }) => kind === 'ended')).toEqual([]);
  }, 120_000);

  test('hears the sound of the camera beside it, on the same clock', async () => {
    await using plane = open(1);
    const viewer = await watch(plane, 'yard', 'calm', 'main', true);
    const newest = (track: string) => {
      const found = viewer.messages.findLast((message) => message.kind === 'fragment' && message.track === track);
      return found?.kind === 'fragment' ? found.capturedAt : 0;
    };
    await until(() => newest('audio') > 0 && newest('video') > 0, patience);
    await until(() => Math.abs(newest('audio') - newest('video')) < 1_500, patience);
    expect(viewer.messages.flatMap((message) => (message.kind === 'init' ? [message.codecs] : []))).toEqual(['avc1.42c01f', 'flac']);
  }, 180_000);

  test('sees pictures again after the camera was away', async () => {
    await using plane = open(1);
    const viewer = await watch(plane, 'yard', 'calm');
    await until(() => viewer.pictures() > 0, patience);
    const yard = cameras.get('yard')!;
    await yard.fault('off', true);
    await systemClock.sleep(seconds(2));
    await yard.fault('off', false);
    const before = viewer.pictures();
    await until(() => viewer.pictures() > before + 3, patience);
    const last = viewer.messages.at(-1);
    expect(last?.kind === 'fragment' && systemClock.now() - last.capturedAt).toBeLessThan(30_000);
  }, 180_000);

  test('leaves no ffmpeg behind when the media worker dies', async () => {
    const saboteur = new MediaSaboteur();
    await using plane = open(1, undefined, { worker: true, saboteur });
    const viewer = await watch(plane, 'yard', 'calm');
    await until(() => viewer.pictures() > 0, patience);
    const [orphan] = programs();
    saboteur.break('terminate');
    await until(() => !programs().includes(orphan!), patience);
  }, 180_000);
});

async function watch(plane: MediaPlane, channel: string, h264?: 'calm' | 'urgent', profile: StreamProfile = 'main', audio = false) {
  const { port1, port2 } = new MessageChannel();
  const messages = collect(port1);
  const spec = { channel: channelId(channel), profile, purpose: 'local', kind: 'fmp4', audio, port: port2 } as const;
  const only = h264 === undefined ? {} : { h264: { urgent: h264 === 'urgent' } };
  const sink = await plane.prepare({ ...spec, ...only }, new AbortController().signal);
  sink.start();
  return {
    messages,
    pictures: () => messages.filter(({ kind }) => kind === 'fragment').length,
    leave: () => sink[Symbol.asyncDispose](),
  };
}

/** Process ids of the ffmpegs that run below this one. */
function programs(): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' });
  return all
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, state, name]) => parent === String(process.pid) && name === 'ffmpeg' && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

interface Seen {
  /** Drawn into the picture. */
  readonly frame: number;
  /** When it was taken, as the viewer was told. */
  readonly at: number;
}

/** Every picture whose number can be read. */
async function framesOf(messages: readonly Fmp4Message[], width: number, height: number): Promise<Seen[]> {
  const fragments = messages.filter((message) => message.kind === 'fragment');
  const file = Buffer.concat(messages.flatMap((message) => ('bytes' in message ? [message.bytes] : [])));
  const args = ['-v', 'error', '-f', 'mp4', '-i', 'pipe:0', '-vsync', '0', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const { output, errors } = await runBytes(ffmpeg!, args, patience, file);
  expect(errors).toBe('');
  const size = width * height;
  expect(output.length).toBe(size * fragments.length);
  return fragments.flatMap(({ capturedAt }, index) => {
    const strip = readStrip(output.subarray(index * size, (index + 1) * size), width, height);
    return strip ? [{ frame: strip.frame, at: capturedAt }] : [];
  });
}

/** Milliseconds from one keyframe to the next. */
/** In pictures. */
function longestGroup(messages: readonly Fmp4Message[]): number {
  const pictures = messages.filter((message) => message.kind === 'fragment' && message.track === 'video');
  const keyframes = pictures.flatMap((message, index) => (message.kind === 'fragment' && message.keyframe ? [index] : []));
  expect(keyframes.length).toBeGreaterThan(1);
  return Math.max(...keyframes.slice(1).map((at, index) => at - keyframes[index]!));
}

/** A camera that is none of ours: gst-rtsp-server, pulled by the real media plane over TCP and UDP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { cameraId, channelId } from '../../gateway/domain/ids.ts';
import type { Fmp4Message } from '../../gateway/domain/media.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { collect, until } from '../contract/media-plane.ts';
import { pythonWithGstRtspServer } from '../support/peers.ts';

const python = pythonWithGstRtspServer();
const script = fileURLToPath(new URL('../support/gst-camera.py', import.meta.url));
const patience = 60_000;

/** Ends with its standard input. */
async function open(...words: readonly string[]) {
  const child: ChildProcess = spawn(python!, [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return {
    url: `rtsp://127.0.0.1:${port}`,
    close: async () => {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function watch(url: string) {
  const plane = openMediaPlane({
    clock: systemClock,
    log: silentLogger,
    resolve: async (_, profile) => ({ camera: cameraId('gst'), profile, url, username: 'admin', password: 'canary-gst' }),
    worker: false,
  });
  // Its pipeline is made for the first who asks; while the machine is busy that may be 503, and the next try finds it.
  const ask = async () => {
    const { port1, port2 } = new MessageChannel();
    const heard = collect(port1);
    const spec = { channel: channelId('gst'), profile: 'main', purpose: 'local', kind: 'fmp4', audio: true, port: port2 } as const;
    (await plane.prepare(spec, new AbortController().signal)).start();
    return heard;
  };
  let messages: Fmp4Message[] = [];
  await until(async () => {
    const heard = await ask().catch((error: unknown) => {
      if (String(error).includes('503')) return undefined;
      throw error;
    });
    messages = heard ?? [];
    return heard !== undefined;
  }, patience);
  const fragments = (track: 'video' | 'audio') => messages.filter((message) => message.kind === 'fragment' && message.track === track);
  return { messages, fragments, telemetry: async () => (await plane.telemetry())[0]!, [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose]() };
}

describe.skipIf(!python)('GStreamer’s own RTSP server', () => {
  let both: Awaited<ReturnType<typeof open>>;
  let udpOnly: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    [both, udpOnly] = await Promise.all([open(), open('udp')]);
  }, 180_000);
  afterAll(() => Promise.all([both.close(), udpOnly.close()]));

  describe.concurrent.each(['TCP', 'UDP'] as const)('that sends over %s, behind Digest,', (transport) => {
    test.each([
      ['h264-pcma', /^avc1\./, 'pcma'],
      ['h264-pcmu', /^avc1\./, 'pcmu'],
      ['h265-aac', /^hvc1\./, 'aac'],
    ] as const)('is played as %s, whole, with its sound in step', async (path, codec, audio) => {
      await using viewer = await watch(`${(transport === 'TCP' ? both : udpOnly).url}/${path}`);
      await until(() => viewer.fragments('video').length > 45 && viewer.fragments('audio').length > 5, patience);
      const telemetry = await viewer.telemetry();
      expect(telemetry).toMatchObject({ state: 'playing', lostPackets: 0, width: 320, height: 240, audio, codec: expect.stringMatching(codec) });
      expect(telemetry).not.toHaveProperty('flaws');
      // Its sender reports tell when picture and sound were taken.
      const taken = (track: 'video' | 'audio') => viewer.fragments(track).flatMap((one) => (one.kind === 'fragment' ? [one.capturedAt] : []));
      await until(() => Math.abs(taken('video').at(-1)! - taken('audio').at(-1)!) < 1_000, patience);
      expect(Math.abs(taken('video').at(-1)! - Date.now())).toBeLessThan(30_000);
    });
  });

  test('whose sound is Opus is played without it, and the reason is told', async () => {
    await using viewer = await watch(`${both.url}/h264-opus`);
    await until(() => viewer.fragments('video').length > 15, patience);
    const telemetry = await viewer.telemetry();
    expect(telemetry.audio).toBeUndefined();
    expect(telemetry.audioReason?.en).toMatch(/OPUS/i);
  });
});

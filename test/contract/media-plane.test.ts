import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type MediaPlaneOptions, openMediaPlane } from '../../gateway/assemble-media.ts';
import type { MediaEnd } from '../../gateway/domain/health.ts';
import { millis } from '../../gateway/domain/time.ts';
import { type MediaFault, MediaSaboteur } from '../../gateway/media/sabotage.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { openRtpReceiver } from '../support/rtp-receiver.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { openRtspPlayer } from '../support/rtsp-player.ts';
import { browserSinkContract } from './browser-sinks.ts';
import { mediaPlaneContract, openSink, orderRtp, type PlaneUnderTest, resolverOf, until } from './media-plane.ts';

const common = { clock: systemClock, log: silentLogger };

const planeUnderTest = (more: Partial<MediaPlaneOptions> = {}): PlaneUnderTest => ({
  open: (resolve, linger, askKeyframe = () => undefined) =>
    openMediaPlane({ ...common, resolve, askKeyframe, settings: { linger: millis(linger), rtpReach: millis(400) }, ...more }),
});

describe('the media plane on the main thread', () => {
  mediaPlaneContract(planeUnderTest({ worker: false }));
  browserSinkContract(planeUnderTest({ worker: false }));
});

describe('the media plane behind its worker', () => {
  mediaPlaneContract(planeUnderTest());
  browserSinkContract(planeUnderTest());

  /** A plane with RTSP open, and somebody watching in a browser; it can be broken. */
  async function watchedPlane(options: Partial<MediaPlaneOptions> = {}) {
    await using scope = new Scope();
    const camera = scope.own(await openTestCamera());
    const saboteur = new MediaSaboteur();
    const causes: MediaEnd[] = [];
    const plane = scope.own(
      openMediaPlane({ ...common, resolve: resolverOf(camera), saboteur, replaced: (cause) => causes.push(cause), ...options }),
    );
    const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
    await plane.admit([key]);
    const { messages, port: reader } = await openSink(plane);
    let closed = false;
    reader.on('close', () => {
      closed = true;
    });
    await until(() => messages.length > 2, patience);
    const owned = scope.release();
    return {
      ...{ plane, port, saboteur, causes, messages },
      get closed() {
        return closed;
      },
      [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
    };
  }

  async function answersRtsp(port: number): Promise<boolean> {
    try {
      await using player = await openRtspPlayer(port, '/gate/main', key);
      return (await player.ask('OPTIONS')).status === 200;
    } catch {
      return false; // Not listening yet: asked again.
    }
  }

  test.each<[MediaFault, MediaEnd]>([
    ['crash', 'crashed'],
    ['hang', 'stuck'],
    ['leak', 'out-of-memory'],
    ['terminate', 'stopped'],
  ])(
    'a worker that meets with %s is replaced: the sink closes without a word, and RTSP is served at the same port with the same keys',
    { timeout: 120_000 },
    async (fault, cause) => {
      await using watched = await watchedPlane({ limits: { heapBytes: 128 * mebibyte, bufferBytes: 1024 * mebibyte } });
      watched.saboteur.break(fault);
      await until(() => watched.closed, patience);
      expect(watched.messages.some((message) => message.kind === 'ended')).toBe(false);
      await until(() => answersRtsp(watched.port), patience);
      expect(watched.causes).toEqual([cause]);
      expect(watched.saboteur.begun).toBe(2);
      const again = await openSink(watched.plane);
      await until(() => again.messages.length > 2, patience);
    },
  );

  test('a receiver of RTP is told when the worker that sent to it ends', { timeout: 120_000 }, async () => {
    await using watched = await watchedPlane();
    await using receiver = await openRtpReceiver('tcp-active', 200_000_001);
    const sending = await orderRtp(watched.plane, receiver.way);
    sending.start();
    await until(() => receiver.frames.length > 2, patience);
    watched.saboteur.break('crash');
    expect(await sending.ended).toMatchObject({ cause: 'plane' });
    await until(() => receiver.closed, patience);
    await sending[Symbol.asyncDispose]();
  });

  test('while another program has taken the RTSP port, browsers are served; once it is free, RTSP is too', { timeout: 120_000 }, async () => {
    await using watched = await watchedPlane();
    const thief = createServer();
    watched.saboteur.break('terminate');
    await until(() => watched.closed, patience);
    await until(() => watched.saboteur.begun === 2, patience);
    await new Promise<void>((resolve, reject) => thief.once('error', reject).listen(watched.port, '127.0.0.1', resolve));
    const again = await openSink(watched.plane);
    await until(() => again.messages.length > 2, patience);
    thief.close();
    await until(() => answersRtsp(watched.port), patience);
    expect(watched.saboteur.begun).toBe(2);
  });
});

const mebibyte = 1024 * 1024;
/** A worker is begun anew, on a machine that does other things as well. */
const patience = 60_000;
const key = { username: 'wall', password: 'w4ll-key-of-many-bits' };

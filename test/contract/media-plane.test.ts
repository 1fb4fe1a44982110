import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { openRtspPlayer } from '../support/rtsp-player.ts';
import { mediaPlaneContract, openSink, resolverOf, until } from './media-plane.ts';

const common = { clock: systemClock, log: silentLogger };

describe('the media plane on the main thread', () => {
  mediaPlaneContract({ open: (resolve, linger) => openMediaPlane({ ...common, resolve, settings: { linger: millis(linger) }, worker: false }) });
});

describe('the media plane behind its worker', () => {
  mediaPlaneContract({ open: (resolve, linger) => openMediaPlane({ ...common, resolve, settings: { linger: millis(linger) } }) });

  test('a worker that dies is replaced: sinks end, and RTSP is served again at the same port with the same keys', async () => {
    await using camera = await openTestCamera();
    const workers: Worker[] = [];
    await using plane = openMediaPlane({ ...common, resolve: resolverOf(camera), started: (worker) => workers.push(worker) });
    const key = { username: 'wall', password: 'w4ll-key-of-many-bits' };
    const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
    await plane.admit([key]);
    const { messages, port: reader } = await openSink(plane);
    await until(() => messages.length > 2);
    // Not a message of ours: the worker throws where nobody catches.
    workers[0]!.postMessage(null);
    await until(() => messages.at(-1)?.kind === 'ended');
    reader.close();
    await until(async () => {
      try {
        await using player = await openRtspPlayer(port, '/gate/main', key);
        return (await player.ask('OPTIONS')).status === 200;
      } catch {
        return false; // Not listening yet: asked again.
      }
    });
    expect(workers).toHaveLength(2);
    const again = await openSink(plane);
    let closed = false;
    again.port.on('close', () => {
      closed = true;
    });
    await until(() => again.messages.length > 2);
    await workers[1]!.terminate();
    await until(() => closed);
    await until(() => workers.length === 3);
  });
});

/**
 * Composition root of the media plane: the one file besides assemble.ts that sees gateway and adapters together.
 * It is the library that opens the plane, and the entry file of the worker in which the plane runs.
 */
import { isMainThread, parentPort, type Worker, workerData } from 'node:worker_threads';
import { rtspSource } from '../adapters/cameras/rtsp-pull.ts';
import { audioTools, videoTools } from '../adapters/protocols/codecs.ts';
import { openRtspServer } from '../adapters/viewers/rtsp-server.ts';
import type { Clock, Logger, MediaPlane, StreamResolver } from './domain/ports.ts';
import { Plane } from './media/plane.ts';
import { PlaneClient } from './media/plane-client.ts';
import { servePlane } from './media/plane-worker.ts';
import type { MediaParts } from './media/ports.ts';
import { type MediaSettings, usualMediaSettings } from './media/settings.ts';
import { systemClock } from './runtime/clock.ts';
import { startWorker } from './runtime/worker.ts';

export interface MediaPlaneOptions {
  readonly resolve: StreamResolver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings?: Partial<MediaSettings>;
  /** False: on the calling thread, for tests. Default: in a worker of its own. */
  readonly worker?: boolean;
  /** Told of each worker that is started: for tests that break it. */
  readonly started?: (worker: Worker) => void;
}

interface MediaWorkerData {
  readonly campusGateway: 'media';
  readonly settings: MediaSettings;
}

/** Pictures live outside the heap; a heap that large is a leak, and ends the worker rather than the box. */
const heapMegabytes = 512;

export function openMediaPlane(options: MediaPlaneOptions): MediaPlane {
  const { resolve, clock, log } = options;
  const settings = { ...usualMediaSettings, ...options.settings };
  if (options.worker === false) return new Plane({ resolve, clock, log, settings, parts: mediaParts(clock, log) });
  return new PlaneClient({
    resolve,
    clock,
    log,
    startWorker: () => {
      const data: MediaWorkerData = { campusGateway: 'media', settings };
      const worker = startWorker(new URL(import.meta.url), {
        workerData: data,
        name: 'media',
        resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
      });
      options.started?.(worker);
      return worker;
    },
  });
}

function mediaParts(clock: Clock, log: Logger): MediaParts {
  return {
    source: rtspSource(clock),
    codecs: { video: videoTools, audio: audioTools },
    openRtsp: (listen, hub) => openRtspServer(listen, hub, { clock, log }),
  };
}

function isMediaWorker(data: unknown): data is MediaWorkerData {
  return typeof data === 'object' && data !== null && 'campusGateway' in data && data.campusGateway === 'media';
}

if (!isMainThread && parentPort && isMediaWorker(workerData)) {
  const { settings } = workerData;
  servePlane(parentPort, (resolve, log) => new Plane({ resolve, clock: systemClock, log, settings, parts: mediaParts(systemClock, log) }));
}

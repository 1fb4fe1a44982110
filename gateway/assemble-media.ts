/**
 * Composition root of the media plane: the one file besides assemble.ts that sees gateway and adapters together.
 * It is the library that opens the plane, and the entry file of the worker in which the plane runs.
 */
import { totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { rtspSource } from '../adapters/cameras/rtsp-pull.ts';
import { audioTools, videoTools } from '../adapters/protocols/codecs.ts';
import { referenceTime } from '../adapters/protocols/fmp4/reference-time.ts';
import { initOfBoth, placeFragment } from '../adapters/protocols/fmp4/two-tracks.ts';
import { wholeFragments } from '../adapters/protocols/fmp4/whole-fragments.ts';
import { PsMuxer } from '../adapters/protocols/ps/muxer.ts';
import { openRtpExit } from '../adapters/viewers/rtp-exit.ts';
import { openRtspServer } from '../adapters/viewers/rtsp-server.ts';
import type { DomainEvent } from './domain/event.ts';
import type { MediaEnd } from './domain/health.ts';
import type { RtspListen } from './domain/media.ts';
import type { Clock, Journal, KeyframeAsker, Logger, MediaPlane, StreamResolver } from './domain/ports.ts';
import { seconds } from './domain/time.ts';
import type { AlarmedChannels } from './media/alarmed-channels.ts';
import { Plane } from './media/plane.ts';
import { PlaneClient } from './media/plane-client.ts';
import { servePlane } from './media/plane-worker.ts';
import type { MediaParts } from './media/ports.ts';
import { type MediaSaboteur, obeyFaults } from './media/sabotage.ts';
import { type MediaSettings, usualMediaSettings } from './media/settings.ts';
import { Vitals } from './media/vitals.ts';
import type { WorkerLimits } from './media/watchdog.ts';
import { systemClock } from './runtime/clock.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';
import { startWorker } from './runtime/worker.ts';

export interface MediaPlaneOptions {
  readonly resolve: StreamResolver;
  /** Absent: cameras give keyframes when they like. */
  readonly askKeyframe?: KeyframeAsker;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings?: Partial<MediaSettings>;
  /** What may leave towards the police side; absent: no limit. */
  readonly uplink?: UplinkBudget;
  /** Told of each worker that had to be replaced. */
  readonly replaced?: (cause: MediaEnd) => void;
  /** False: on the calling thread, for tests. Default: in a worker of its own. */
  readonly worker?: boolean;
  /** For tests: may break the worker. */
  readonly saboteur?: MediaSaboteur;
  /** For tests: other limits than usual, or no watchdog at all. */
  readonly limits?: WorkerLimits | 'unwatched';
}

interface MediaWorkerData {
  readonly campusGateway: 'media';
  readonly settings: MediaSettings;
  readonly vitals: SharedArrayBuffer;
  readonly uplink: SharedArrayBuffer;
  readonly breakable: boolean;
}

const mebibyte = 1024 * 1024;
/** Pictures live outside the heap: one that large is a leak. */
const heapLimit = 384 * mebibyte;
/**
 * V8's own limit, which must not be reached: near it one large allocation aborts the whole process, alarms and all (docs/adr/0012). The distance is
 * what a runaway loop may take in the second until the watchdog ends it.
 */
const oldGenerationMegabytes = 1_024;
/** Below it V8 does not collect the whole heap of a new worker: left to itself it does so for a few megabytes of small objects (docs/adr/0021). */
const uncollectedMegabytes = 24;
/** The byte budgets of the settings bound what the buffers hold. Should one of them leak, the worker goes before the box does … */
const bufferShare = 0.5;
/** … but never for what it was allowed to hold, with as much again that is not yet collected. */
const budgetFactor = 2;

/** What passes between a press and its recording, on a box that is busy with a hundred of them. */
const pressDelay = 5;

export function mediaSettingsOf({ media, evidence, ffmpeg }: Pick<GatewayConfig, 'media' | 'evidence' | 'ffmpeg'>): Partial<MediaSettings> {
  const { lingerSeconds, viewerBytes, allViewersBytes, ring, cameraPorts, transcoding } = media;
  return {
    ...{ viewerBytes, allViewersBytes, cameraPorts },
    linger: seconds(lingerSeconds),
    ringLength: seconds(Math.max(ring.seconds, evidence.enabled ? evidence.beforeSeconds + pressDelay : 0)),
    ringsBytes: ring.megabytes * 1024 * 1024,
    transcoding: { slots: transcoding.slots, ...(ffmpeg.path === undefined ? {} : { ffmpeg: ffmpeg.path }) },
  };
}

export function rtspListenOf(
  { address, port, tls, udp }: GatewayConfig['rtsp'],
  certificate: { readonly key: string; readonly cert: string },
): RtspListen {
  return {
    ...{ address, port },
    ...(tls.enabled ? { tls: { address: tls.address, port: tls.port, ...certificate } } : {}),
    ...(udp.enabled ? { udp: { address: udp.address, port: udp.port } } : {}),
  };
}

export function openMediaPlane(options: MediaPlaneOptions): MediaPlane {
  const { resolve, askKeyframe = () => undefined, clock, log, replaced, saboteur, limits, uplink = UplinkBudget.open(0, clock) } = options;
  const settings = { ...usualMediaSettings, ...options.settings };
  setFlagsFromString(`--initial-old-space-size=${uncollectedMegabytes}`); // Read when a worker begins; the main thread began long ago.
  if (options.worker === false) return new Plane({ resolve, askKeyframe, clock, log, settings, uplink, parts: mediaParts(settings, clock, log) });
  return new PlaneClient({
    ...{ resolve, askKeyframe, clock, log },
    ...(replaced ? { replaced } : {}),
    limits: limits === 'unwatched' ? undefined : (limits ?? usualLimits(settings)),
    startWorker: (vitals) => {
      const data: MediaWorkerData = { campusGateway: 'media', settings, vitals, uplink: uplink.shared, breakable: saboteur !== undefined };
      const worker = startWorker(new URL(import.meta.url), {
        workerData: data,
        name: 'media',
        resourceLimits: { maxOldGenerationSizeMb: oldGenerationMegabytes },
      });
      saboteur?.follow(worker);
      return worker;
    },
  });
}

function usualLimits({ ringsBytes, allViewersBytes }: MediaSettings): WorkerLimits {
  // In a container, what that may use.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return { heapBytes: heapLimit, bufferBytes: Math.max(bufferShare * memory, budgetFactor * (ringsBytes + allViewersBytes)) };
}

function mediaParts(settings: MediaSettings, clock: Clock, log: Logger): MediaParts {
  return {
    source: rtspSource(clock, settings),
    openTranscoder: async () => {
      // Few boxes ever need it, and every worker that takes the place of another has to be quick.
      const { openH264 } = await import('../adapters/transcode/h264.ts');
      return openH264(clock, settings.transcoding.ffmpeg);
    },
    codecs: { video: videoTools, audio: audioTools },
    clips: { referenceTime, wholeFragments, initOfBoth, placeFragment },
    programMuxer: (tracks, version) => new PsMuxer(tracks, version),
    openExit: (order) => openRtpExit(order, { clock, patience: settings.rtpReach }),
    openRtsp: (listen, hub) => openRtspServer(listen, hub, { clock, log }),
  };
}

function isMediaWorker(data: unknown): data is MediaWorkerData {
  return typeof data === 'object' && data !== null && 'campusGateway' in data && data.campusGateway === 'media';
}

if (!isMainThread && parentPort && isMediaWorker(workerData)) {
  const { settings, vitals, breakable } = workerData;
  const uplink = UplinkBudget.join(workerData.uplink, systemClock);
  const over = new AbortController();
  parentPort.once('close', () => over.abort());
  void new Vitals(vitals).show(systemClock, over.signal);
  if (breakable) obeyFaults(parentPort);
  servePlane(parentPort, (main) => new Plane({ ...main, clock: systemClock, settings, uplink, parts: mediaParts(settings, systemClock, main.log) }));
}

/** Keeps the plane told of the channels that look at an alarm which nobody has acknowledged. */
export async function tellAlarmed(
  alarmed: AlarmedChannels,
  { journal, media, clock }: { readonly journal: Journal; readonly media: MediaPlane; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const tell = async (event?: DomainEvent) => {
    const channels = alarmed.take(event, clock.now());
    if (channels) await media.alarmed(channels);
  };
  // Followed before the first look, so that nothing that is recorded meanwhile is missed.
  const following = journal.follow('now', signal);
  for (const { event } of journal.read.alarms({ unacknowledged: true, limit: 500 }).toReversed()) await tell(event);
  for await (const { event } of following) await tell(event);
}

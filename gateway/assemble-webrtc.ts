/** Composition of WebRTC: it opens the desk on the main thread, and is the entry file of the worker in which the engine runs. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { WhepEngine } from '../adapters/viewers/whep/engine.ts';
import type { AdapterContext, MediaPlane } from './domain/ports.ts';
import { remoteLogger } from './media/remote-logger.ts';
import { failureOf } from './media/rpc.ts';
import { Vitals } from './media/vitals.ts';
import { type FromWebRtcWorker, type ToWebRtcWorker, WebRtcDesk } from './media/webrtc-desk.ts';
import { systemClock } from './runtime/clock.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';
import { startWorker } from './runtime/worker.ts';

interface WebRtcWorkerData {
  readonly campusGateway: 'webrtc';
  readonly uplink: SharedArrayBuffer;
  readonly vitals: SharedArrayBuffer;
  readonly ports?: readonly [number, number];
}

const mebibyte = 1024 * 1024;
const limits = { heapBytes: 256 * mebibyte, bufferBytes: 256 * mebibyte };
/** Not to be reached: near it, one large allocation aborts the whole process (docs/adr/0012). */
const oldGenerationMegabytes = 1_024;

export interface WebRtcParts extends AdapterContext {
  readonly media: Pick<MediaPlane, 'prepare'>;
  /** What may leave towards the police side; absent: no limit. */
  readonly uplink?: UplinkBudget;
}

export function openWebRtc(
  { viewers, udp }: GatewayConfig['webrtc'],
  { media, clock, log, uplink = UplinkBudget.open(0, clock) }: WebRtcParts,
): WebRtcDesk {
  const data = { campusGateway: 'webrtc', uplink: uplink.shared, ...(udp.from === 0 ? {} : { ports: [udp.from, udp.to] as const }) } as const;
  return new WebRtcDesk({
    ...{ media, viewers, uplink, limits, clock, log },
    startWorker: (vitals) =>
      startWorker(new URL(import.meta.url), {
        workerData: { ...data, vitals } satisfies WebRtcWorkerData,
        name: 'webrtc',
        resourceLimits: { maxOldGenerationSizeMb: oldGenerationMegabytes },
      }),
  });
}

if (!isMainThread && parentPort && isWebRtcWorker(workerData)) serve(workerData);

function isWebRtcWorker(data: unknown): data is WebRtcWorkerData {
  return typeof data === 'object' && data !== null && 'campusGateway' in data && data.campusGateway === 'webrtc';
}

function serve({ ports, uplink, vitals }: WebRtcWorkerData): void {
  const port = parentPort!;
  void new Vitals(vitals).show(systemClock, new AbortController().signal); // It is ended from outside.
  const say = (message: FromWebRtcWorker) => port.postMessage(message);
  const engine = new WhepEngine({
    clock: systemClock,
    log: remoteLogger(say),
    uplink: UplinkBudget.join(uplink, systemClock),
    ...(ports ? { ports } : {}),
    peerEnded: (session) => say({ kind: 'ended', session }),
    streamEnded: (stream) => say({ kind: 'streamEnded', stream }),
  });
  port.on('message', (message: ToWebRtcWorker) => {
    switch (message.kind) {
      case 'stream':
        engine.open(message.stream, message.port);
        return;
      case 'offer':
        engine.answer(message).then(
          (sdp) => say({ kind: 'answer', session: message.session, outcome: { ok: true, value: sdp } }),
          (error) => say({ kind: 'answer', session: message.session, outcome: { ok: false, failure: failureOf(error) } }),
        );
        return;
      case 'end':
        engine.end(message.session, message.reason);
        return;
      case 'close':
        engine.close();
        return;
    }
  });
}

/** The main thread's side of WebRTC. The engine lives in assemble-webrtc-worker.ts: its library is large, and most boxes never load it. */
import type { AdapterContext, MediaPlane } from './domain/ports.ts';
import { WebRtcDesk, type WebRtcWorkerData } from './media/webrtc-desk.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';
import { siblingModule, startWorker } from './runtime/worker.ts';

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
  const data = { uplink: uplink.shared, ...(udp.from === 0 ? {} : { ports: [udp.from, udp.to] as const }) };
  return new WebRtcDesk({
    ...{ media, viewers, uplink, limits, clock, log },
    startWorker: (vitals) =>
      startWorker(siblingModule('assemble-webrtc-worker', import.meta.url), {
        workerData: { ...data, vitals } satisfies WebRtcWorkerData,
        name: 'webrtc',
        resourceLimits: { maxOldGenerationSizeMb: oldGenerationMegabytes },
      }),
  });
}

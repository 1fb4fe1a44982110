/** Pages that watch by fMP4 over WebSocket, in this process: what they cost is not the gateway's. The wire form is that of gateway/domain/api.ts. */
import { WebSocket } from 'ws';
import type { MediaAsk, MediaText } from '../../../gateway/domain/api.ts';
import { type Millis, millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { quantileOf } from '../../support/measure-figures.ts';
import type { Seen, Spread, ViewerSeen, Viewers } from '../../support/measure-viewers.ts';
import { markIn, systemMillis } from '../../support/picture-mark.ts';

export interface PagesOptions {
  readonly origin: string;
  readonly cookie: string;
  /** One page for each, by the number of its camera from 1. */
  readonly cameras: readonly number[];
}

/** Resolves once every page has a keyframe. */
export async function watchPages({ origin, cookie, cameras }: PagesOptions, within: Millis): Promise<Viewers> {
  const pages = cameras.map((camera) => openPage({ origin, cookie, cameras }, camera));
  const limit = systemClock.monotonic() + within;
  while (pages.some(({ seen }) => seen().firstKeyframe === null)) {
    if (systemClock.monotonic() > limit) {
      for (const page of pages) page.close();
      throw new Error(`Not every page saw a keyframe within ${within} ms.`);
    }
    await systemClock.sleep(millis(100));
  }
  return {
    mark: () => {
      for (const page of pages) page.mark();
    },
    tell: async (): Promise<Seen> => {
      const latencies = spreadOf(pages.flatMap(({ latencies }) => latencies()));
      return { first: latencies, whole: latencies, viewers: pages.map(({ seen }) => seen()) };
    },
    [Symbol.asyncDispose]: async () => {
      for (const page of pages) page.close();
    },
  };
}

interface Page {
  seen(): ViewerSeen;
  latencies(): readonly number[];
  mark(): void;
  close(): void;
}

const askAgainAfter = 250;

function openPage({ origin, cookie }: PagesOptions, camera: number): Page {
  const calledAt = systemMillis();
  const url = `${origin.replace(/^http/, 'ws')}/media/v1/live`;
  const socket = new WebSocket(url, { headers: { origin, cookie }, rejectUnauthorized: false, perMessageDeflate: false });
  const ask: MediaAsk = { kind: 'watch', id: camera, channel: `cam-${camera}`, profile: 'main', audio: false, purpose: 'local', urgent: false };
  const watch = () => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(ask));
  };
  let pictures = 0;
  let pictureGaps = 0;
  let latencies: number[] = [];
  let last: number | undefined;
  let played: number | null = null;
  let firstKeyframe: number | null = null;
  let closed = false;
  socket.on('open', () => {
    played = systemMillis() - calledAt;
    watch();
  });
  socket.on('message', (wire: Buffer, binary) => {
    if (!binary) {
      // The camera may not be there yet.
      if ((JSON.parse(wire.toString()) as MediaText).kind === 'ended') setTimeout(watch, askAgainAfter);
      return;
    }
    const kind = wire[0];
    if (kind !== 1 && kind !== 2) return;
    const mark = markIn(wire);
    const now = systemMillis();
    pictures += 1;
    if (!mark || (last !== undefined && mark.picture !== last + 1)) pictureGaps += 1;
    if (mark) latencies.push(now - mark.sentAt);
    last = mark?.picture;
    if (kind === 2) firstKeyframe ??= now - calledAt;
  });
  socket.on('error', () => undefined); // 'close' follows
  socket.on('close', () => {
    closed = true;
  });
  return {
    seen: () => ({ packets: pictures, pictures, sequenceGaps: 0, pictureGaps, played, firstPacket: firstKeyframe, firstKeyframe, closed }),
    latencies: () => latencies,
    mark: () => {
      pictures = 0;
      pictureGaps = 0;
      latencies = [];
    },
    close: () => socket.terminate(),
  };
}

function spreadOf(samples: readonly number[]): Spread {
  if (samples.length === 0) return { count: 0, p50: null, p99: null, most: null };
  return { count: samples.length, p50: quantileOf(samples, 0.5), p99: quantileOf(samples, 0.99), most: quantileOf(samples, 1) };
}

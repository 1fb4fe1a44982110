/**
 * RTSP server for viewers: rtsp://host:port/<channel>/<main|sub>, interleaved TCP only, Digest with stream keys.
 * Here: who may connect, and for how long. One connection's conversation is `rtsp-server-viewer.ts`.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Endpoint, StreamKey } from '../../gateway/domain/media.ts';
import type { MediaHub, ViewerDoor } from '../../gateway/domain/media-ports.ts';
import type { AdapterContext } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { DigestDoor } from '../protocols/digest.ts';
import { RtspViewer } from './rtsp-server-viewer.ts';

export interface RtspServerLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Sustained requests per second of one connection; twice as many at once. */
  readonly requestsPerSecond: number;
}

export const usualRtspServerLimits: RtspServerLimits = { connections: 256, connectionsPerAddress: 64, requestsPerSecond: 20 };

const sweepEvery = seconds(1);

export async function openRtspServer(
  listen: Endpoint,
  hub: MediaHub,
  context: AdapterContext,
  limits: RtspServerLimits = usualRtspServerLimits,
): Promise<ViewerDoor> {
  const { clock } = context;
  const log = context.log.child({ viewer: 'rtsp' });
  const digest = new DigestDoor({ realm: 'campus-gateway', now: () => clock.now() });
  const viewers = new Set<RtspViewer>();
  const life = new AbortController();
  let keys: ReadonlyMap<string, StreamKey> = new Map();

  const server = createServer({ noDelay: true }, (socket) => {
    const from = socket.remoteAddress ?? '';
    if (viewers.size >= limits.connections || count(viewers, from) >= limits.connectionsPerAddress) {
      log.warn('viewer turned away', { from, connections: viewers.size });
      refuse(socket);
      return;
    }
    const viewer = new RtspViewer(socket, { hub, digest, clock, log, limits, keyOf: (name) => keys.get(name) });
    viewers.add(viewer);
    socket.once('close', () => viewers.delete(viewer));
  });
  const bound = await bind(server, listen);
  void sweep();

  /** Closes whoever has said nothing for too long. */
  async function sweep(): Promise<void> {
    while (!life.signal.aborted) {
      await clock.sleep(sweepEvery, life.signal).catch(() => undefined); // Aborted: the loop ends.
      for (const viewer of viewers) viewer.sweep();
    }
  }

  return {
    ...bound,
    admit: (admitted) => {
      keys = new Map(admitted.map((key) => [key.username, key]));
      for (const viewer of viewers) viewer.recheck();
    },
    [Symbol.asyncDispose]: async () => {
      life.abort();
      for (const viewer of [...viewers]) viewer.close('server closed');
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function count(viewers: ReadonlySet<RtspViewer>, address: string): number {
  let found = 0;
  for (const viewer of viewers) if (viewer.address === address) found += 1;
  return found;
}

function refuse(socket: Socket): void {
  socket.on('error', () => undefined); // It is being closed: what the other side does to it no longer matters.
  socket.destroy();
}

function bind(server: Server, listen: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new GatewayError('MEDIA_UNAVAILABLE', `The RTSP server cannot listen on ${listen.address}:${listen.port}: ${error.message}.`, {
          cause: error,
        }),
      );
    });
    server.listen({ host: listen.address, port: listen.port, backlog: 128 }, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined); // After listening these concern single connections (EMFILE): the caps answer them.
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : listen);
    });
  });
}

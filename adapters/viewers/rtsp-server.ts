/**
 * RTSP server for viewers: rtsp://host:port/<channel>/<main|sub>, with or without TLS, Digest with stream keys; packets interleaved or by UDP.
 * Here: who may connect, and for how long. One connection's conversation is `rtsp-server-viewer.ts`.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Endpoint, RtspListen, StreamKey } from '../../gateway/domain/media.ts';
import type { MediaHub, ViewerDoor } from '../../gateway/domain/media-ports.ts';
import type { AdapterContext } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { DigestDoor } from '../protocols/digest.ts';
import { Turns } from './rtsp-server-turns.ts';
import { openUdpDoor, type UdpDoor } from './rtsp-server-udp.ts';
import { RtspViewer } from './rtsp-server-viewer.ts';

export interface RtspServerLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Sustained requests per second of one connection; twice as many at once. */
  readonly requestsPerSecond: number;
}

export const usualRtspServerLimits: RtspServerLimits = { connections: 256, connectionsPerAddress: 64, requestsPerSecond: 20 };

const sweepEvery = seconds(1);
/** A handshake that takes longer is not one. */
const tlsFloor = { minVersion: 'TLSv1.2', handshakeTimeout: seconds(10) } as const;

export async function openRtspServer(
  listen: RtspListen,
  hub: MediaHub,
  context: AdapterContext,
  limits: RtspServerLimits = usualRtspServerLimits,
): Promise<ViewerDoor> {
  const { clock } = context;
  const log = context.log.child({ viewer: 'rtsp' });
  const digest = new DigestDoor({ realm: 'campus-gateway', now: () => clock.now() });
  const turns = new Turns();
  const viewers = new Set<RtspViewer>();
  const life = new AbortController();
  let keys: ReadonlyMap<string, StreamKey> = new Map();

  const welcome = (socket: Socket, udp: UdpDoor | undefined) => {
    const from = socket.remoteAddress ?? '';
    if (viewers.size >= limits.connections || count(viewers, from) >= limits.connectionsPerAddress) {
      log.warn('viewer turned away', { from, connections: viewers.size });
      refuse(socket);
      return;
    }
    const viewer = new RtspViewer(socket, { hub, digest, turns, clock, log, limits, keyOf: (name) => keys.get(name), ...(udp ? { udp } : {}) });
    viewers.add(viewer);
    socket.once('close', () => viewers.delete(viewer));
  };
  await using scope = new Scope();
  const udp = listen.udp && scope.own(await openUdpDoor(listen.udp));
  const plain = createServer({ noDelay: true }, (socket) => welcome(socket, udp));
  const bound = await bind(plain, listen);
  scope.defer(() => closed(plain));
  // Who asks for TLS does not want the packets beside it in the clear.
  const secure =
    listen.tls && createTlsServer({ ...tlsFloor, key: listen.tls.key, cert: listen.tls.cert, noDelay: true }, (socket) => welcome(socket, undefined));
  secure?.on('tlsClientError', (_error, socket) => socket.destroy());
  const boundTls = secure && listen.tls && (await bind(secure, listen.tls));
  if (secure) scope.defer(() => closed(secure));
  scope.defer(() => {
    life.abort();
    for (const viewer of [...viewers]) viewer.close('server closed');
  });
  void sweep();

  /** Closes whoever has said nothing for too long. */
  async function sweep(): Promise<void> {
    while (!life.signal.aborted) {
      await clock.sleep(sweepEvery, life.signal).catch(() => undefined); // Aborted: the loop ends.
      for (const viewer of viewers) viewer.sweep();
    }
  }

  const owned = scope.release();
  return {
    bound: {
      ...bound,
      ...(boundTls ? { tls: boundTls } : {}),
      ...(udp && listen.udp ? { udp: { address: listen.udp.address, port: udp.rtp } } : {}),
    },
    admit: (admitted) => {
      keys = new Map(admitted.map((key) => [key.username, key]));
      for (const viewer of viewers) viewer.recheck();
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
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

/** Opens the HTTP part: HTTPS always, plain HTTP where it is configured, and every socket behind the same gate. */
import { createServer as createPlain, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecure, Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Express } from 'express';
import type { Endpoint } from '../domain/media.ts';
import { madeSecret } from '../runtime/made-secret.ts';
import { Scope } from '../runtime/scope.ts';
import { supervise } from '../runtime/supervise.ts';
import { createApp } from './app.ts';
import { openGate } from './gate.ts';
import { usualLimits } from './limits.ts';
import { openMetrics } from './metrics/registry.ts';
import { scrapeTokenFile } from './metrics/scrape-token.ts';
import type { HttpLimits, HttpParts } from './ports.ts';
import { allRoutes } from './routes/index.ts';
import { WhepVisitors } from './routes/whep.ts';
import { AttemptLimits } from './sessions/attempt-limits.ts';
import { Sessions } from './sessions/sessions.ts';
import { SocketDoor } from './sockets/door.ts';
import { LiveFeed } from './sockets/live-feed.ts';
import { liveRoute } from './sockets/live-socket.ts';
import { mediaRoute } from './sockets/media-socket.ts';
import { SharedStreams } from './sockets/shared-stream.ts';

export interface OpenHttp extends AsyncDisposable {
  /** As bound: the port is the real one. */
  readonly https: Endpoint;
  readonly plain?: Endpoint;
  /** What Express really serves, as `METHOD path`: a test compares it with the access table. */
  readonly mounted: readonly string[];
}

/** Listens once it resolves. Closing it cuts every connection at once. */
export async function openHttp(parts: HttpParts): Promise<OpenHttp> {
  const limits: HttpLimits = { ...usualLimits, ...parts.limits };
  const { clock, log, folder, listen } = parts;
  const closing = new AbortController();
  await using scope = new Scope();
  const scrapeToken = parts.scrapeToken ?? (await madeSecret(join(folder, scrapeTokenFile)));
  const sessions = scope.own(await Sessions.open(folder, { clock, log, limits }));
  const attempts = scope.own(await AttemptLimits.open(folder, clock));
  const gate = openGate(parts, sessions, scrapeToken);
  const feed = new LiveFeed(parts);
  const streams = new SharedStreams({ media: parts.media, clock, log });
  const door = new SocketDoor({
    ...{ gate, clock, log, limits },
    routes: [liveRoute(parts, feed, limits.liveBacklog), mediaRoute(parts, streams, limits.mediaBacklog)],
  });
  const visitors = new WhepVisitors(parts.webrtc);
  const metrics = scope.own(openMetrics({ parts, sockets: () => door.counts(), sessions: () => sessions.size }));
  const app = createApp({
    routes: allRoutes({ ...parts, sessions, attempts, wallLength: limits.wallLength }, { gate, registry: metrics.registry, visitors }),
    ...{ gate, log, requestsPerMinute: limits.requestsPerMinute, closing: closing.signal },
    wallOpened: ({ session }) => sessions.becomeWall(session.id),
    ...(parts.webFolder === undefined ? {} : { webFolder: parts.webFolder }),
  });

  const open = async (server: Server, endpoint: Endpoint): Promise<Endpoint> => {
    const connections = new Set<Socket>();
    guard(server, limits, connections);
    const { onRenewed } = listen.tls;
    if (server instanceof SecureServer && onRenewed) {
      scope.own(onRenewed(({ key, cert }) => server.setSecureContext({ key, cert, minVersion: 'TLSv1.2' })));
    }
    server.on('request', app);
    server.on('upgrade', (request, duplex, head) => door.upgrade(request, duplex, head));
    const bound = await listening(server, endpoint);
    scope.defer(async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const connection of connections) connection.destroy(); // upgraded ones are no longer the server's
      await closed;
    });
    return bound;
  };
  const https = await open(createSecure({ ...listen.tls, minVersion: 'TLSv1.2', ...serverOptions(limits) }), listen.https);
  const plain = listen.plain && (await open(createPlain(serverOptions(limits)), listen.plain));
  const lives = Promise.all([
    supervise({ name: 'socket door', clock, log }, (signal) => door.run(signal), closing.signal),
    supervise({ name: 'webrtc visitors', clock, log }, (signal) => visitors.run(gate, clock, signal), closing.signal),
    supervise({ name: 'live feed', clock, log }, (signal) => feed.run(signal), closing.signal),
  ]);
  scope.defer(async () => {
    closing.abort();
    door.close();
    streams.close();
    await lives;
  });
  log.info('http listens', { https, ...(plain ? { plain } : {}) });
  const owned = scope.release();
  return { https, ...(plain ? { plain } : {}), mounted: mountedIn(app), [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

function mountedIn(app: Express): readonly string[] {
  return app.router.stack.flatMap(({ route }) => route?.stack.map(({ method }) => `${method.toUpperCase()} ${route.path}`) ?? []);
}

const serverOptions = ({ headersWithin }: HttpLimits): ServerOptions => ({
  headersTimeout: headersWithin,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: Math.min(2_000, headersWithin),
  maxHeaderSize: 16 * 1024,
  insecureHTTPParser: false,
});

function guard(server: Server, limits: HttpLimits, connections: Set<Socket>): void {
  server.maxConnections = limits.connections;
  server.maxHeadersCount = 100;
  server.maxRequestsPerSocket = 10_000;
  const hold = (socket: Socket) => {
    connections.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => connections.delete(socket));
  };
  server.on('connection', hold);
  server.on('secureConnection', hold);
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    // Nothing came in time. A browser that sends at this very moment would take an answer for that of its request; what is closed it sends again.
    if (!socket.writable || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy();
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', () => socket.destroy());
  });
  // A TLS peer that speaks nonsense or goes away is its own affair.
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
}

function listening(server: Server, { address, port }: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, () => {
      server.removeListener('error', reject);
      const bound = server.address() as AddressInfo;
      resolve({ address: bound.address, port: bound.port });
    });
  });
}

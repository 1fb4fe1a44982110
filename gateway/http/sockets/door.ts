/** WebSocket upgrades: the same gate as the routes, then the caps, then the socket's own life. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { GatewayError } from '../../domain/errors.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { seconds } from '../../domain/time.ts';
import { type Access, accessOf } from '../access.ts';
import type { Gate } from '../gate.ts';
import type { HttpLimits } from '../ports.ts';
import { refusalOf } from '../problem.ts';
import type { Caller } from '../route.ts';

export interface SocketArrival {
  readonly socket: WebSocket;
  /** The connection below it. */
  readonly wire: Duplex;
  readonly query: URLSearchParams;
  readonly caller: Caller;
  /** Whether the caller may still have this socket. */
  stands(): boolean;
  /** Aborts once the socket is closed, whoever closed it. */
  readonly signal: AbortSignal;
}

export interface SocketRoute {
  /** As in the access table, for example `WS /api/v1/live`. */
  readonly name: string;
  readonly kind: 'live' | 'media';
  readonly pattern: RegExp;
  /** Takes messages from the page, and caps them itself. */
  readonly hears?: true;
  /** The life of one socket; its failure closes that socket only. */
  serve(arrival: SocketArrival): Promise<void>;
}

/** RFC 6455 §7.4.2: 4000 to 4999 are ours. */
export const closeCodes = { goingAway: 1001, refused: 1008, tooSlow: 1013, failed: 1011, unauthenticated: 4401, notFound: 4404 } as const;

/** `owed`: bytes that the peers have not yet taken. */
export type SocketCounts = Readonly<Record<SocketRoute['kind'], { readonly open: number; readonly owed: number }>>;

interface Held {
  readonly socket: WebSocket;
  readonly caller: Caller;
  readonly access: Access;
  readonly kind: SocketRoute['kind'];
  answered: boolean;
}

export interface SocketDoorParts {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: Pick<HttpLimits, 'sockets' | 'socketsPerSession'>;
  readonly routes: readonly SocketRoute[];
}

const watchEvery = seconds(2);
/** Watches between two pings: a peer that vanished is let go after at most 30 s. */
const pingEvery = 15;

export class SocketDoor {
  readonly #parts: SocketDoorParts;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false, clientTracking: false });
  readonly #held = new Set<Held>();
  readonly #access = new Map<string, Access>();

  constructor(parts: SocketDoorParts) {
    this.#parts = parts;
    for (const { name } of parts.routes) this.#access.set(name, accessOf(name));
  }

  counts(): SocketCounts {
    const of = (kind: SocketRoute['kind']) => {
      const held = [...this.#held].filter((one) => one.kind === kind);
      return { open: held.length, owed: held.reduce((sum, { socket }) => sum + socket.bufferedAmount, 0) };
    };
    return { live: of('live'), media: of('media') };
  }

  upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    duplex.on('error', () => duplex.destroy());
    try {
      const { route, query, access } = this.#routeOf(request);
      const caller = this.#parts.gate.pass(request, access);
      if (!caller || !route) throw new GatewayError('NOT_FOUND', 'There is no socket at this address.');
      this.#checkCaps(caller);
      this.#server.handleUpgrade(request, duplex, head, (socket) => this.#serve(route, { socket, wire: duplex, query }, caller, access));
    } catch (error) {
      refuse(duplex, error);
    }
  }

  /** Ends sockets whose session ended, and those whose peer is gone, until aborted; then closes all. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, gate } = this.#parts;
    for (let round = 1; !signal.aborted; round += 1) {
      await clock.sleep(watchEvery, signal).catch(() => undefined); // aborted: the loop ends
      for (const held of this.#held) {
        if (!gate.stands(held.caller, held.access)) held.socket.close(closeCodes.unauthenticated, 'The session has ended.');
        if (round % pingEvery !== 0) continue;
        if (!held.answered) held.socket.terminate();
        held.answered = false;
        if (held.socket.readyState === held.socket.OPEN) held.socket.ping();
      }
    }
  }

  close(): void {
    for (const { socket } of this.#held) {
      socket.close(closeCodes.goingAway, 'The gateway is closing.');
      socket.terminate();
    }
    this.#server.close();
  }

  #routeOf(request: IncomingMessage) {
    // What cannot be read leads nowhere, and is refused like everything that does.
    const url = URL.canParse(request.url ?? '', 'http://gateway') ? new URL(request.url ?? '', 'http://gateway') : new URL('http://gateway');
    for (const route of this.#parts.routes) {
      if (route.pattern.test(url.pathname)) return { route, query: url.searchParams, access: this.#access.get(route.name)! };
    }
    // Not in the table: 401 for strangers, 404 for those who are signed in.
    const access = accessOf('GET /api/v1/session');
    return { route: undefined, query: url.searchParams, access };
  }

  #checkCaps(caller: Caller): void {
    const { sockets, socketsPerSession } = this.#parts.limits;
    const own = [...this.#held].filter((held) => held.caller.session.id === caller.session.id).length;
    if (this.#held.size < sockets && own < socketsPerSession) return;
    throw new GatewayError('TOO_MANY_REQUESTS', 'Too many sockets are open.', { context: { retryAfter: 10 } });
  }

  #serve(route: SocketRoute, arrival: Pick<SocketArrival, 'socket' | 'wire' | 'query'>, caller: Caller, access: Access): void {
    const { socket } = arrival;
    const closed = new AbortController();
    const held: Held = { socket, caller, access, kind: route.kind, answered: true };
    this.#held.add(held);
    socket.on('pong', () => {
      held.answered = true;
    });
    if (!route.hears) socket.on('message', () => socket.close(closeCodes.refused, 'This socket only talks.'));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#held.delete(held);
      closed.abort();
    });
    route.serve({ ...arrival, caller, stands: () => this.#parts.gate.stands(caller, access), signal: closed.signal }).catch((error) => {
      if (closed.signal.aborted) return;
      this.#parts.log.warn('socket failed', { route: route.name, error });
      socket.close(closeCodes.failed, 'Something inside the gateway failed.');
    });
  }
}

/** The refusal of an upgrade is an ordinary HTTP answer (RFC 6455 §4.2.2). */
function refuse(duplex: Duplex, error: unknown): void {
  const { body, retryAfter } = refusalOf(error, '');
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${body.status} ${body.code}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  duplex.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => duplex.destroy());
}

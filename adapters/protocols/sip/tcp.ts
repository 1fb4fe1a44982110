/** SIP over TCP: one connection to each far side, used both ways, by whichever side it was opened (RFC 3261 §18, gb28181 §3.5). */
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { dial } from '../net/dial.ts';
import type { Timers } from '../timers.ts';
import { SipFailure } from './failure.ts';
import type { SipAddress, SipFlow, SipTransport, SipTransportOptions } from './flow.ts';
import { TcpFlow } from './tcp-flow.ts';
import { hostPort } from './uri.ts';

export interface TcpTransportOptions extends SipTransportOptions {
  readonly timers: Timers;
  /** ms between pings (RFC 5626 §4.4.1); absent: none. */
  readonly pingEvery?: number | undefined;
}

const mostConnections = 256;
/** ms. */
const dialPatience = 10_000;

/** Rejects with the socket's error where the address cannot be bound. */
export async function openTcp(options: TcpTransportOptions): Promise<SipTransport> {
  const { address, port } = options.local;
  const server = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true, ipv6Only: isIPv6(address) }, resolve);
  });
  server.removeAllListeners('error');
  return new TcpTransport(server, options);
}

class TcpTransport implements SipTransport {
  readonly bound: SipAddress;
  readonly #server: Server;
  readonly #options: TcpTransportOptions;
  /** By the far side's address and port. */
  readonly #flows = new Map<string, TcpFlow>();
  readonly #dialling = new Map<string, Promise<SipFlow>>();
  readonly #closed = new AbortController();

  constructor(server: Server, options: TcpTransportOptions) {
    this.#server = server;
    this.#options = options;
    const bound = server.address();
    this.bound = { address: options.local.address, port: typeof bound === 'object' && bound ? bound.port : options.local.port };
    server.on('connection', (socket) => this.#take(socket));
    server.on('error', (error) => options.receiver.noise(this.bound, error.message));
  }

  flowTo(remote: SipAddress): Promise<SipFlow> {
    const name = hostPort(remote.address, remote.port);
    const open = this.#flows.get(name);
    if (open) return Promise.resolve(open);
    const dialling = this.#dialling.get(name) ?? this.#dial(remote, name).finally(() => this.#dialling.delete(name));
    this.#dialling.set(name, dialling);
    return dialling;
  }

  leave(remote: SipAddress): void {
    this.#flows.get(hostPort(remote.address, remote.port))?.leave();
  }

  leaveStrangers(maySpeak: (address: string) => boolean): void {
    for (const flow of this.#flows.values()) if (!maySpeak(flow.remote.address)) flow.close('may no longer speak here.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new SipFailure('closed', 'cannot be asked: our endpoint was closed.'));
    for (const flow of this.#flows.values()) flow.close('was left.');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #dial(remote: SipAddress, name: string): Promise<SipFlow> {
    const { timers, local } = this.#options;
    using deadline = timers.deadline(dialPatience, this.#closed.signal);
    try {
      const socket = await dial({ host: remote.address, port: remote.port, localAddress: local.address }, deadline);
      return this.#keep(socket, remote);
    } catch (error) {
      if (this.#closed.signal.aborted) throw this.#closed.signal.reason;
      const seen = deadline.aborted ? `nothing within ${dialPatience / 1_000} s` : error instanceof Error ? error.message : String(error);
      throw new SipFailure('unreachable', `takes no connection at ${name}: ${seen}.`, error);
    }
  }

  #take(socket: Socket): void {
    const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const { receiver } = this.#options;
    const accepted = receiver.accepts(remote.address);
    if (accepted && this.#flows.size < mostConnections) {
      this.#keep(socket, remote);
      return;
    }
    socket.on('error', () => undefined).destroy();
    receiver.noise(remote, accepted ? 'found no room for another connection.' : 'is not an address that may speak here.');
  }

  #keep(socket: Socket, remote: SipAddress): SipFlow {
    const { timers, receiver, advertised, pingEvery } = this.#options;
    const flow = new TcpFlow({ socket, local: advertised ?? this.bound, remote, timers, receiver, pingEvery });
    const name = hostPort(remote.address, remote.port);
    this.#flows.set(name, flow);
    flow.closed.addEventListener('abort', () => this.#flows.get(name) === flow && this.#flows.delete(name), { once: true });
    return flow;
  }
}

/** SIP over UDP, symmetric: everything leaves by the socket that listens (RFC 3581; gb28181 §3.5). */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { setMaxListeners } from 'node:events';
import { isIPv6 } from 'node:net';
import { ProtocolError } from '../protocol-error.ts';
import { SipFailure } from './failure.ts';
import { topViaOf } from './fields.ts';
import type { SipAddress, SipFlow, SipReceiver, SipTransport, SipTransportOptions } from './flow.ts';
import { mostBytes, type ReadSip, readDatagram, skipLineEnds } from './read.ts';
import { hostPort } from './uri.ts';

/** A platform that comes back asks all at once. */
const receiveBuffer = 1024 * 1024;
const usualPort = 5_060;
/** No message is shorter. */
const shortest = 16;

/** Rejects with the socket's error where the address cannot be bound. */
export async function openUdp(options: SipTransportOptions): Promise<SipTransport> {
  const { address, port } = options.local;
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address), recvBufferSize: receiveBuffer });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  return new UdpTransport(socket, options);
}

class UdpTransport implements SipTransport {
  readonly bound: SipAddress;
  readonly #socket: Socket;
  readonly #local: SipAddress;
  readonly #receiver: SipReceiver;
  readonly #closed = new AbortController();

  constructor(socket: Socket, { local, advertised, receiver }: SipTransportOptions) {
    this.#socket = socket;
    this.bound = { address: local.address, port: socket.address().port };
    this.#local = advertised ?? this.bound;
    this.#receiver = receiver;
    // Every open request listens.
    setMaxListeners(0, this.#closed.signal);
    socket.on('message', (datagram, from) => this.#hear(datagram, from));
    socket.on('error', (error) => receiver.noise(this.bound, error.message));
  }

  async flowTo(remote: SipAddress): Promise<SipFlow> {
    return this.#flow(remote);
  }

  leave(): void {
    // There is no connection.
  }

  leaveStrangers(): void {
    // Nor here: each datagram is judged by itself.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new SipFailure('closed', 'cannot be asked: our socket was closed.'));
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #flow(remote: SipAddress): SipFlow {
    const flow: SipFlow = {
      transport: 'UDP',
      local: this.#local,
      remote,
      closed: this.#closed.signal,
      send: (bytes) => {
        this.#receiver.sent(bytes, flow);
        return this.#send(bytes, remote);
      },
    };
    return flow;
  }

  #send(bytes: Uint8Array, remote: SipAddress): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) =>
        reject(new SipFailure('unreachable', `cannot be sent a datagram at ${hostPort(remote.address, remote.port)}: ${error.message}.`, error));
      if (this.#closed.signal.aborted) reject(this.#closed.signal.reason);
      else if (bytes.length > mostBytes) fail(new Error(`${bytes.length} bytes are too many`));
      else this.#socket.send(bytes, remote.port, remote.address, (error) => (error ? fail(error) : resolve()));
    });
  }

  #hear(datagram: Buffer, { address, port }: RemoteInfo): void {
    if (!this.#receiver.accepts(address, datagram)) {
      this.#receiver.noise({ address, port }, 'is not an address that may speak here.');
      return;
    }
    // What only keeps a NAT open: line ends, or the four bytes `jaK` of Hikvision's cameras. Fixture: captured/camera-keepalive.bin.
    if (datagram.length < shortest || skipLineEnds(datagram, 0) === datagram.length) return;
    try {
      const read = readDatagram(datagram);
      this.#receiver.message(read, this.#flow({ address, port: answerPort(read, address, port) }));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#receiver.noise({ address, port }, error.message);
    }
  }
}

/**
 * Where answers go. With `rport` to where the request came from (RFC 3581), without it to the port that Via names (RFC 3261 §18.2.2). But where Via names
 * another address than the one that was seen, a NAT lies between, and its port is the only way back.
 */
function answerPort({ message }: ReadSip, address: string, port: number): number {
  const via = message.kind === 'request' ? topViaOf(message) : undefined;
  return via && via.transport === 'UDP' && via.host === address && !via.parameters.has('rport') ? via.port || usualPort : port;
}

/** Where media comes in: a UDP port, a TCP port that takes one connection, or a connection that the platform makes (GB/T 28181-2022 Annex D). */
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { FramingReader } from '../../../../adapters/protocols/rtp/framing.ts';
import type { SipAddress } from '../../../../adapters/protocols/sip/flow.ts';

/** What the platform does. */
export type PlayTransport = 'udp' | 'tcp-passive' | 'tcp-active';

export interface MediaDoor extends AsyncDisposable {
  /** To be written into the offer; 9 where the platform makes the connection (RFC 4145 §4.1). */
  readonly port: number;
  /** tcp-active: once the device has said where it listens. Rejects with the socket's error. */
  dial(remote: SipAddress): Promise<void>;
}

export interface MediaEars {
  packet(packet: Buffer): void;
  /** TCP: the connection is gone. */
  closed(): void;
}

const receiveBuffer = 4 * 1024 * 1024;
const discard = 9;

/** Rejects with the socket's error where the address cannot be bound. */
export async function openMediaDoor(transport: PlayTransport, address: string, ears: MediaEars): Promise<MediaDoor> {
  switch (transport) {
    case 'udp':
      return openUdpDoor(address, ears);
    case 'tcp-passive':
      return openTcpDoor(address, ears);
    case 'tcp-active':
      return dialledDoor(address, ears);
  }
}

async function openUdpDoor(address: string, ears: MediaEars): Promise<MediaDoor> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port: 0, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  try {
    socket.setRecvBufferSize(receiveBuffer);
  } catch {
    // The kernel's own is what there is.
  }
  socket.on('message', (datagram) => ears.packet(datagram));
  socket.on('error', () => undefined); // The far side's port is closed: it will not send either.
  return {
    port: socket.address().port,
    dial: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

async function openTcpDoor(address: string, ears: MediaEars): Promise<MediaDoor> {
  const server = createServer({ noDelay: true });
  const sockets = new Set<Socket>();
  server.maxConnections = 1;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    listenTo(socket, ears);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port: 0, exclusive: true }, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    dial: () => Promise.resolve(),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function dialledDoor(address: string, ears: MediaEars): MediaDoor {
  let socket: Socket | undefined;
  return {
    port: discard,
    dial: (remote) =>
      new Promise((resolve, reject) => {
        const made = connect({ host: remote.address, port: remote.port, localAddress: address, noDelay: true });
        socket = made;
        made.once('connect', resolve);
        made.once('error', reject);
        listenTo(made, ears);
      }),
    async [Symbol.asyncDispose]() {
      socket?.destroy();
    },
  };
}

function listenTo(socket: Socket, ears: MediaEars): void {
  const reader = new FramingReader();
  socket.on('data', (chunk) => {
    for (const packet of reader.push(chunk)) ears.packet(packet);
  });
  socket.on('error', () => undefined); // `close` follows.
  socket.once('close', () => ears.closed());
}

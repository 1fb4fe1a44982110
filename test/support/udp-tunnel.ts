/** What lies between a gateway and a platform over UDP, and what it does to addresses and to long datagrams. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

export interface UdpTunnel extends AsyncDisposable {
  /** Where the gateway finds the platform; on 127.0.0.1. */
  readonly port: number;
}

interface TunnelWish {
  /** The platform's, on 127.0.0.1. */
  readonly to: number;
  /** The address that the platform sees. */
  readonly as?: string;
  /** Longer datagrams vanish, in both directions. */
  readonly longest?: number;
}

export async function openUdpTunnel({ to, as = '127.0.0.1', longest = 65_535 }: TunnelWish): Promise<UdpTunnel> {
  const near = await bound('127.0.0.1');
  const far = await bound(as);
  let gateway: RemoteInfo | undefined;
  near.on('message', (datagram, from) => {
    gateway = from;
    if (datagram.length <= longest) far.send(datagram, to, '127.0.0.1');
  });
  far.on('message', (datagram) => {
    if (gateway && datagram.length <= longest) near.send(datagram, gateway.port, gateway.address);
  });
  return {
    port: near.address().port,
    async [Symbol.asyncDispose]() {
      await Promise.all([near, far].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined); // What is lost is lost.
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return socket;
}

/** One pair of UDP ports from which all viewers are sent their packets, and to which they send their reports. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Endpoint } from '../../gateway/domain/media.ts';

export interface UdpDoor extends AsyncDisposable {
  readonly rtp: number;
  readonly rtcp: number;
  readonly family: 4 | 6;
  /** Bytes that the kernel has not yet taken, of all viewers together. */
  readonly backlog: number;
  sendRtp(bytes: Buffer, start: number, end: number, to: Endpoint): void;
  sendRtcp(bytes: Buffer, to: Endpoint): void;
  /** Tells of every report from there, until disposed. */
  listen(from: Endpoint, heard: () => void): Disposable;
}

/** With port 0 the system is asked for a free pair this often. */
const mostTries = 20;

/** RTP on the port asked for, RTCP on the next. Throws MEDIA_UNAVAILABLE. */
export async function openUdpDoor(listen: Endpoint): Promise<UdpDoor> {
  const rtcpListeners = new Map<string, () => void>();
  const [rtp, rtcp] = await bindPair(listen);
  rtcp.on('message', (_bytes, { address, port }) => rtcpListeners.get(`${address} ${port}`)?.());
  return {
    rtp: rtp.address().port,
    rtcp: rtcp.address().port,
    family: isIPv6(listen.address) ? 6 : 4,
    get backlog() {
      return rtp.getSendQueueSize();
    },
    sendRtp: (bytes, start, end, { address, port }) => rtp.send(bytes, start, end - start, port, address),
    sendRtcp: (bytes, { address, port }) => rtcp.send(bytes, port, address),
    listen: ({ address, port }, heard) => {
      const key = `${address} ${port}`;
      rtcpListeners.set(key, heard);
      return { [Symbol.dispose]: () => void (rtcpListeners.get(key) === heard && rtcpListeners.delete(key)) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([rtp, rtcp].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}

async function bindPair(listen: Endpoint): Promise<readonly [Socket, Socket]> {
  let cause: unknown;
  for (let attempt = 0; attempt < (listen.port === 0 ? mostTries : 1); attempt += 1) {
    const rtp = await bind(listen.address, listen.port).catch((error) => {
      cause = error;
    });
    if (!rtp) continue;
    const rtcp = await bind(listen.address, rtp.address().port + 1).catch((error) => {
      cause = error;
    });
    if (rtcp) return [rtp, rtcp];
    rtp.close();
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new GatewayError('MEDIA_UNAVAILABLE', `The RTSP server cannot send by UDP from ${listen.address}:${listen.port}: ${reason}.`, { cause });
}

function bind(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Addresses are numbers already: the look-up that every send would begin with is answered at once.
    const family = isIPv6(address) ? 6 : 4;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: (host, _options, done) => done(null, host, family) });
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', reject);
      socket.on('error', () => undefined); // A packet that cannot be sent is a lost packet.
      resolve(socket);
    });
  });
}

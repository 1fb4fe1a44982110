/** RTP by TCP, each packet behind its length (RFC 4571): one write per frame. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint, RtpOrder } from '../../gateway/domain/media.ts';
import type { RtpExit } from '../../gateway/domain/media-ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { dial } from '../protocols/net/dial.ts';
import { SendPlace } from '../protocols/net/send-place.ts';
import { onFreePort } from './rtp-exit-ports.ts';
import type { ExitTools } from './rtp-exit-udp.ts';

/** Between tries: some platforms begin to listen a moment after they have asked. */
const again = millis(300);
/** What an SDP says of whoever connects (RFC 4145 §4.1). */
const discard = 9;

/** We connect. */
export function callingExit(remote: Endpoint, address: string, tools: ExitTools): RtpExit {
  const life = new AbortController();
  const connect = async (signal: AbortSignal): Promise<Socket> => {
    for (;;) {
      try {
        return await dial({ host: remote.address, port: remote.port, localAddress: address }, signal);
      } catch (error) {
        if (signal.aborted || life.signal.aborted) throw error;
        // The deadline would hide what was seen.
        await tools.clock.sleep(again, signal).catch(() => {
          throw error;
        });
      }
    }
  };
  return tcpExit({ address, port: discard }, tools, { connect, close: async () => life.abort() });
}

/** It connects, from one of these addresses; one connection is taken, and the port given back. */
export async function listeningExit(from: readonly string[], local: RtpOrder['local'], tools: ExitTools): Promise<RtpExit> {
  let take: (socket: Socket) => void = () => undefined;
  const taken = new Promise<Socket>((resolve) => {
    take = resolve;
  });
  const server = await onFreePort(local, (port) => listen(local.address, port));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  let connection: Socket | undefined;
  server.on('connection', (socket) => {
    socket.on('error', () => undefined); // Its `close` tells.
    if (connection || !from.includes(plain(socket.remoteAddress))) {
      socket.destroy();
      return;
    }
    connection = socket;
    server.close();
    take(socket);
  });
  return tcpExit({ address: local.address, port }, tools, {
    connect: (signal) =>
      new Promise((resolve, reject) => {
        const late = () => reject(new Error(`nobody connected to port ${port}.`));
        signal.addEventListener('abort', late, { once: true });
        void taken.then((socket) => {
          signal.removeEventListener('abort', late);
          resolve(socket);
        });
      }),
    close: async () => {
      connection?.destroy();
      server.close();
      await closed;
    },
  });
}

function tcpExit(
  local: Endpoint,
  { packetiser }: ExitTools,
  line: { connect(signal: AbortSignal): Promise<Socket>; close(): Promise<void> },
): RtpExit {
  const gone = new AbortController();
  const place = new SendPlace();
  let socket: Socket | undefined;
  let frames: Buffer[] = [];
  return {
    ...{ local, gone: gone.signal },
    async open(signal) {
      const connected = await line.connect(signal);
      socket = connected;
      const hungUp = () => gone.abort(new Error(`${connected.remoteAddress ?? 'The far side'} closed the connection for RTP.`));
      connected.on('error', () => undefined); // Its `close` tells.
      connected.on('close', hungUp);
      // Receiver reports, if anything.
      connected.resume();
      connected.setNoDelay(true);
      if (connected.destroyed) hungUp();
    },
    frame: (parts, timestamp) => void frames.push(packetiser.packets(parts, timestamp, place.room)),
    flush: () => {
      const written = frames;
      frames = [];
      if (written.length === 0) return;
      if (written.length > 1) socket?.cork();
      for (const frame of written) socket?.write(frame);
      if (written.length > 1) socket?.uncork();
      place.sent((socket?.writableLength ?? 0) === 0);
    },
    get backlog() {
      return socket?.writableLength ?? 0;
    },
    get sent() {
      return packetiser.written;
    },
    async [Symbol.asyncDispose]() {
      socket?.destroy();
      await line.close();
    },
  };
}

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.removeListener('error', reject);
      resolve(server);
    });
  });
}

/** Of `::ffff:192.0.2.1`, the end. */
const plain = (address = ''): string => address.replace(/^::ffff:/i, '');

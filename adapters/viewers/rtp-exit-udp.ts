/** RTP by UDP, in portions. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint, RtpOrder } from '../../gateway/domain/media.ts';
import type { RtpExit } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { SendPlace } from '../protocols/net/send-place.ts';
import { PacedSender } from '../protocols/rtp/paced-sender.ts';
import type { PsPacketiser } from '../protocols/rtp/ps-packetiser.ts';
import { onFreePort } from './rtp-exit-ports.ts';

/** Without a refusal for this long, those before it mean nothing. */
const forgottenAfter = seconds(3);
const sendBuffer = 1024 * 1024;

export interface ExitTools {
  readonly packetiser: PsPacketiser;
  readonly clock: Clock;
  /** UDP: the receiver has gone without a word when the system says again and again, for this long, that nobody listens there. */
  readonly patience: Millis;
}

export async function udpExit(remote: Endpoint, local: RtpOrder['local'], { packetiser, clock, patience }: ExitTools): Promise<RtpExit> {
  const socket = await onFreePort(local, (port) => bind(local.address, port));
  const gone = new AbortController();
  const place = new SendPlace();
  const life = new AbortController();
  let refused: { since: number; last: number } | undefined;
  socket.on('error', () => {
    const now = clock.monotonic();
    if (!refused || now - refused.last > forgottenAfter) refused = { since: now, last: now };
    refused.last = now;
    if (now - refused.since > patience) gone.abort(new Error(`Nobody listens at ${remote.address}:${remote.port}.`));
  });
  const sender = new PacedSender<undefined>({
    ...{ timers: clock, signal: life.signal, head: 0 },
    length: (bytes, at) => Math.min(packetiser.longest, bytes.length - at),
    send: (bytes, start, end) => socket.send(bytes, start, end - start),
  });
  const { address, port } = socket.address();
  const backlog = () => sender.waiting + socket.getSendQueueSize();
  return {
    local: { address, port },
    gone: gone.signal,
    // Connected: it hears when nobody is there, and takes nothing from anybody else.
    open: () => new Promise((resolve, reject) => socket.connect(remote.port, remote.address, (error?: Error) => (error ? reject(error) : resolve()))),
    frame: (parts, timestamp) => {
      const packets = packetiser.packets(parts, timestamp, place.room);
      sender.push(packets, Math.ceil(packets.length / packetiser.longest), undefined);
    },
    flush: () => {
      sender.flush();
      place.sent(backlog() === 0);
    },
    get backlog() {
      return backlog();
    },
    get sent() {
      return packetiser.written;
    },
    [Symbol.asyncDispose]: () => {
      life.abort();
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

function bind(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Addresses are numbers already: the look-up that every send would begin with is answered at once.
    const family = isIPv6(address) ? 6 : 4;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: (host, _options, done) => done(null, host, family) });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      socket.setSendBufferSize(sendBuffer);
      resolve(socket);
    });
  });
}

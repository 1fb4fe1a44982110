/** The way to one receiver: one message out, and whatever comes back. By TCP a connection that is kept while the receiver keeps it. */
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { mostBody } from '../../protocols/dc09/frame.ts';
import { Dc09Framer } from '../../protocols/dc09/framer.ts';
import { bareHost, dial, reset } from '../../protocols/net/dial.ts';

export interface Exchange<Answer> {
  readonly bytes: Uint8Array;
  /** Undefined: not the answer to this message. Must not throw. */
  readonly take: (line: Uint8Array) => Answer | undefined;
  /** The kernel has it. */
  readonly sent: () => void;
}

export interface Wire extends Disposable {
  exchange<Answer>(exchange: Exchange<Answer>, signal: AbortSignal): Promise<Answer>;
}

export function wireTo(url: string): Wire {
  const { protocol, hostname, port } = new URL(url);
  const place = { host: bareHost(hostname), port: Number(port) };
  return protocol === 'udp:' ? udpWire(place) : tcpWire(place);
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function tcpWire(place: Place): Wire {
  let kept: Socket | undefined;

  const over = <Answer>(socket: Socket, { bytes, take, sent }: Exchange<Answer>, signal: AbortSignal): Promise<Answer> => {
    const framer = new Dc09Framer();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        socket.off('data', heard).off('close', closed);
        signal.removeEventListener('abort', abandon);
        act();
      };
      const fail = (error: unknown) =>
        settle(() => {
          // Reset: what is given up must not arrive when the line is well again, after another way has brought it.
          reset(socket);
          reject(error);
        });
      const heard = (chunk: Buffer) => {
        try {
          for (const line of framer.push(chunk)) {
            const answer = take(line);
            if (answer !== undefined) settle(() => resolve(answer));
          }
        } catch (error) {
          fail(error);
        }
      };
      const closed = () => fail(new Error('it closed the connection without an answer'));
      const abandon = () => fail(signal.reason);
      socket.on('data', heard).on('close', closed);
      signal.addEventListener('abort', abandon, { once: true });
      if (signal.aborted) abandon();
      else socket.write(bytes, (error) => (error ? fail(error) : sent()));
    });
  };

  const open = async (signal: AbortSignal): Promise<Socket> => {
    const socket = await dial(place, signal);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    // Its end is told by 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (kept === socket) kept = undefined;
    });
    kept = socket;
    return socket;
  };

  return {
    async exchange(exchange, signal) {
      const old = kept;
      if (old && !old.destroyed) {
        try {
          return await over(old, exchange, signal);
        } catch (error) {
          // A receiver may have closed it in the moment when we spoke: it is told once more on a connection that is surely open.
          if (signal.aborted) throw error;
        }
      }
      return over(await open(signal), exchange, signal);
    },
    [Symbol.dispose]: () => kept?.destroy(),
  };
}

function udpWire({ host, port }: Place): Wire {
  const open = new Set<Datagrams>();
  return {
    async exchange({ bytes, take, sent }, signal) {
      const { address, family } = await lookup(host);
      signal.throwIfAborted();
      // A socket for each message: what comes late for one is not heard by the next.
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      open.add(socket);
      try {
        return await new Promise((resolve, reject) => {
          const abandon = () => reject(signal.reason);
          signal.addEventListener('abort', abandon, { once: true });
          socket.once('close', () => signal.removeEventListener('abort', abandon));
          socket.on('error', reject);
          socket.on('message', (datagram) => {
            const line = datagram.subarray(datagram[0] === 0x0a ? 1 : 0, datagram.at(-1) === 0x0d ? -1 : undefined);
            const answer = line.byteLength > mostBody + 8 ? undefined : take(line);
            if (answer !== undefined) resolve(answer);
          });
          // Connected: the kernel drops what others send, and tells of a port where nobody listens.
          socket.connect(port, address, () => socket.send(bytes, (error) => (error ? reject(error) : sent())));
        });
      } finally {
        open.delete(socket);
        socket.close();
      }
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** Panels by UDP: one frame in each datagram. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { mostBody } from '../../protocols/dc09/frame.ts';
import type { Callers } from './callers.ts';
import type { Dc09Desk } from './desk.ts';
import type { Dc09Limits } from './receiver.ts';

interface Parts {
  readonly desk: Dc09Desk;
  readonly callers: Callers;
  readonly limits: Dc09Limits;
  readonly failed: (error: Error) => void;
}

export async function listenUdp(
  listen: { readonly address: string; readonly port: number },
  { desk, callers, limits, failed }: Parts,
): Promise<AsyncDisposable & { readonly port: number }> {
  const socket = createSocket({ type: isIPv6(listen.address) ? 'udp6' : 'udp4' });
  let waiting = 0;
  let open = true;
  socket.on('message', (datagram, { address, port }) => {
    const line = bare(datagram);
    // Not answered: a panel says it again.
    if (line === undefined || waiting >= limits.datagramsInHand || !callers.mayTell(address)) return;
    waiting += 1;
    desk.take(line, address).then(({ bytes }) => {
      waiting -= 1;
      // What cannot be sent is an answer that got lost.
      if (bytes && open) socket.send(bytes, port, address, () => undefined);
    }, failed);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(listen.port, listen.address, () => {
      socket.off('error', reject);
      socket.on('error', failed);
      resolve();
    });
  });
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        open = false;
        socket.close(() => resolve());
      }),
  };
}

/** Without LF and CR around it; undefined where it is empty or longer than any frame. */
function bare(datagram: Buffer): Buffer | undefined {
  let [from, to] = [0, datagram.byteLength];
  while (from < to && (datagram[from] === 0x0a || datagram[from] === 0x0d)) from += 1;
  while (to > from && (datagram[to - 1] === 0x0a || datagram[to - 1] === 0x0d)) to -= 1;
  return to > from && to - from <= mostBody + 8 ? Buffer.from(datagram.subarray(from, to)) : undefined;
}

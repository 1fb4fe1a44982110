/** Panels by TCP: one connection per message or one for ever, several frames in a segment or one in several. */
import { createServer, type Socket } from 'node:net';
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import { Dc09Framer } from '../../protocols/dc09/framer.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import type { Callers } from './callers.ts';
import type { Dc09Desk } from './desk.ts';
import type { Dc09Limits } from './receiver.ts';

export interface Dc09Tcp extends AsyncDisposable {
  readonly port: number;
}

interface Parts {
  readonly desk: Dc09Desk;
  readonly callers: Callers;
  readonly limits: Dc09Limits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly failed: (error: Error) => void;
}

/** When a connection is given up: it has not said a good frame, has not ended one, or says nothing at all. */
interface Patience {
  at: Millis;
  known: boolean;
}

export async function listenTcp(listen: { readonly address: string; readonly port: number }, parts: Parts): Promise<Dc09Tcp> {
  const { limits, clock, log, failed } = parts;
  const open = new Map<Socket, Patience>();
  const life = new AbortController();

  const server = createServer((socket) => {
    const address = socket.remoteAddress ?? '';
    const fromThere = [...open.keys()].filter(({ remoteAddress }) => remoteAddress === address).length;
    // Without it an error of the connection would end the process; what it means, the end of the loop tells.
    socket.on('error', () => undefined);
    if (open.size >= limits.maxConnections || fromThere >= limits.maxConnectionsPerAddress) {
      log.warn('panel connection refused', { what: 'too many connections', address });
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const patience: Patience = { at: deadline(clock, limits.firstFrameWithin), known: false };
    open.set(socket, patience);
    socket.once('close', () => open.delete(socket));
    converse(socket, address, patience, parts).catch((error: unknown) => {
      log.info('panel connection ended', { address, reason: error instanceof Error ? error.message : String(error) });
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.address, () => {
      server.off('error', reject);
      server.on('error', failed);
      resolve();
    });
  });
  const bound = server.address();
  const sweeping = sweep(open, clock, life.signal);
  return {
    port: typeof bound === 'object' && bound ? bound.port : listen.port,
    [Symbol.asyncDispose]: async () => {
      life.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open.keys()) socket.destroy();
      await Promise.all([closed, sweeping]);
    },
  };
}

const deadline = (clock: Clock, length: Millis): Millis => (clock.monotonic() + length) as Millis;

/** Reads no further while a frame is being committed: a panel has one message on its way at a time. */
async function converse(socket: Socket, address: string, patience: Patience, { desk, callers, limits, clock, log }: Parts): Promise<void> {
  const framer = new Dc09Framer();
  let strange = 0;
  try {
    for await (const chunk of socket) {
      for (const line of framer.push(chunk)) {
        if (!callers.mayTell(address)) throw new ProtocolError(`at most ${limits.messagesPerSecond} messages a second`, 'more', 'connection');
        patience.at = deadline(clock, seconds(600)); // ours, not the panel's: a commit may take its time
        const { bytes, known } = await desk.take(line, address);
        if (known) patience.known = true;
        else strange += 1;
        if (bytes && !socket.destroyed) socket.write(bytes);
        if (strange > limits.strangeFrames)
          throw new ProtocolError(`at most ${limits.strangeFrames} frames that cannot be taken`, 'more', 'connection');
      }
      patience.at = deadline(clock, framer.waiting ? limits.frameWithin : patience.known ? limits.idleFor : limits.firstFrameWithin);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    log.warn('panel connection closed', { address, reason: error.message });
    socket.destroy();
  }
}

async function sweep(open: ReadonlyMap<Socket, Patience>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const now = clock.monotonic();
    for (const [socket, { at }] of open) if (now >= at) socket.destroy();
    await clock.sleep(seconds(0.5), signal).catch(() => undefined); // aborted: the loop ends
  }
}

/** A listening server that can vanish with all its connections, and return on the same port. */
import type { Server, Socket } from 'node:net';
import type { Endpoint } from '../../gateway/domain/media.ts';

export interface Listener {
  port: number;
  open(): Promise<void>;
  /** Resolves once nobody is connected. */
  deserted(): Promise<void>;
  /** Stops listening and destroys every connection: what a crashed platform looks like. */
  close(): Promise<void>;
}

export function listenerFor(server: Server, listen: Endpoint): Listener {
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const wake of waiting) wake();
      waiting.clear();
    });
    // A reset by the peer is the peer's business; without a listener it would end the process.
    socket.on('error', () => undefined);
  });
  const listener: Listener = {
    port: listen.port,
    open: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: listen.address, port: listener.port }, () => {
          server.off('error', reject);
          const bound = server.address();
          if (bound && typeof bound === 'object') listener.port = bound.port;
          resolve();
        });
      }),
    deserted: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return listener;
}

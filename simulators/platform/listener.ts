/** A listening server that can vanish with all its connections, and return on the same port. */
import type { Server, Socket } from 'node:net';
import type { Endpoint } from '../../gateway/domain/media.ts';

export interface Listener {
  port: number;
  readonly sockets: ReadonlySet<Socket>;
  open(): Promise<void>;
  /** Stops listening and destroys every connection: what a crashed platform looks like. */
  close(): Promise<void>;
}

export function listenerFor(server: Server, listen: Endpoint): Listener {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A reset by the peer is the peer's business; without a listener it would end the process.
    socket.on('error', () => undefined);
  });
  const listener: Listener = {
    port: listen.port,
    sockets,
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return listener;
}

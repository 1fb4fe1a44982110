/** TLS in front of a plain door, with a certificate that a test changes: a platform whose administrator renews it, or forgets to. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Pair } from './authority.ts';

export interface TlsDoor extends AsyncDisposable {
  readonly port: number;
  /** From now on, and all who are connected must come again. */
  show(pair: Pair): void;
  drop(): void;
}

/** To a port of this machine. */
export async function openTlsDoor(target: number, first: Pair): Promise<TlsDoor> {
  const sockets = new Set<Socket>();
  const server = createServer({ key: first.key, cert: first.cert }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const socket of [...sockets]) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    drop,
    show({ key, cert }) {
      server.setSecureContext({ key, cert });
      drop();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      drop();
      await closed;
    },
  };
}

/** How connections to a platform by HTTPS are made: nothing is written before its identity is proved. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Clock } from '../gateway/domain/ports.ts';
import { seconds } from '../gateway/domain/time.ts';
import type { FarCertificates } from './far-certificate.ts';
import { bareHost, carriedBy, dial, pinProblem, reset, type TlsTrust, tlsOptions } from './protocols/net/dial.ts';

/** From the first address to the end of the handshake each. */
const patience = seconds(10);

/**
 * The pin is compared before undici may write a byte; sessions are not cached, so that every connection shows its certificate. The authority is
 * read for each connection: the pool stands at once, and a renewed file counts without a restart.
 */
export function connectorFor(
  connectorOf: typeof buildConnector,
  { certificates, clock }: { readonly certificates: FarCertificates; readonly clock: Clock },
  trusted: () => Promise<TlsTrust>,
): buildConnector.connector {
  async function connected(options: buildConnector.Options): Promise<Socket> {
    const trust = await trusted();
    const open = connectorOf({ ...tlsOptions(trust), timeout: patience, maxCachedSessions: 0, noDelay: true });
    if (options.protocol !== 'https:') return resetWhenGivenUp(await openedBy(open, options));
    const { localAddress } = options;
    const at = { host: bareHost(options.hostname), port: Number(options.port) || 443, ...(localAddress ? { localAddress } : {}) };
    // Of its own, so that it can be reset below TLS.
    using limit = clock.deadline(patience);
    const carrier = await dial(at, limit);
    carrier.on('error', () => undefined); // told by what it carries
    try {
      const socket = (await openedBy(open, { ...options, httpSocket: carrier })) as TLSSocket;
      carriedBy(socket, carrier);
      const problem = pinProblem(socket, trust);
      if (problem) {
        socket.destroy();
        throw problem;
      }
      certificates.taken(socket);
      return resetWhenGivenUp(socket);
    } catch (error) {
      carrier.destroy();
      void certificates.refused(error, at);
      throw error;
    }
  }
  return (options, callback) => {
    connected(options).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

function openedBy(open: buildConnector.connector, options: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    open(options, (error, socket) => (socket ? resolve(socket) : reject(error ?? new Error('There is no connection.'))));
  });
}

/** undici destroys the connection of a request that is given up: what lies in it must not arrive when the line is well again. */
function resetWhenGivenUp(socket: Socket): Socket {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (error) {
      socket.destroy = destroy;
      reset(socket);
    }
    return destroy(error);
  };
  return socket;
}

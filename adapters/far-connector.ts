/** How connections to a platform by HTTPS are made: nothing is written before its identity is proved. */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { FarCertificates } from './far-certificate.ts';
import { carriedBy, pinProblem, reset, type TlsTrust, tlsOptions } from './protocols/net/dial.ts';

/**
 * The pin is compared before undici may write a byte; sessions are not cached, so that every connection shows its certificate. The authority is
 * read for each connection: the pool stands at once, and a renewed file counts without a restart.
 */
export function connectorFor(
  connectorOf: typeof buildConnector,
  certificates: FarCertificates,
  trusted: () => Promise<TlsTrust>,
): buildConnector.connector {
  return (options, callback) => {
    trusted().then(
      (trust) => {
        const open = connectorOf({ ...tlsOptions(trust), timeout: 10_000, maxCachedSessions: 0, noDelay: true });
        const carrier = options.protocol === 'https:' ? carrierTo(options) : undefined;
        open({ ...options, ...(carrier ? { httpSocket: carrier } : {}) }, (error, socket) => {
          if (error !== null || !socket) {
            carrier?.destroy();
            void certificates.refused(error, { host: bareHost(options.hostname), port: Number(options.port) || 443 });
            callback(error ?? new Error('There is no connection.'), null);
            return;
          }
          const problem = options.protocol === 'https:' ? pinProblem(socket as TLSSocket, trust) : undefined;
          if (carrier) carriedBy(socket, carrier);
          if (!problem) {
            resetWhenGivenUp(socket);
            if (options.protocol === 'https:') certificates.taken(socket as TLSSocket);
            callback(null, socket);
            return;
          }
          socket.destroy();
          callback(problem, null);
        });
      },
      (error: Error) => callback(error, null),
    );
  };
}

/** Of its own, so that it can be reset below TLS. An error of it is told by what it carries. */
function carrierTo({ hostname, port, localAddress }: buildConnector.Options): Socket {
  const carrier = connect({ host: bareHost(hostname), port: Number(port) || 443, ...(localAddress ? { localAddress } : {}) });
  return carrier.on('error', () => undefined);
}

/** undici destroys the connection of a request that is given up: what lies in it must not arrive when the line is well again. */
function resetWhenGivenUp(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (error) {
      socket.destroy = destroy;
      reset(socket);
    }
    return destroy(error);
  };
}

const bareHost = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

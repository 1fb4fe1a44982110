/** How connections to a platform by HTTPS are made: nothing is written before its identity is proved. */
import type { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { FarCertificates } from './far-certificate.ts';
import { pinProblem, type TlsTrust, tlsOptions } from './protocols/net/dial.ts';

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
        const connect = connectorOf({ ...tlsOptions(trust), timeout: 10_000, maxCachedSessions: 0, noDelay: true });
        connect(options, (error, socket) => {
          if (error !== null || !socket) {
            void certificates.refused(error, { host: bareHost(options.hostname), port: Number(options.port) || 443 });
            callback(error ?? new Error('There is no connection.'), null);
            return;
          }
          const problem = options.protocol === 'https:' ? pinProblem(socket as TLSSocket, trust) : undefined;
          if (!problem) {
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

const bareHost = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

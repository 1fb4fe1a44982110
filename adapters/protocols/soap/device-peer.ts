/**
 * The one peer of a device. Its name is resolved when it is first connected to, and never again: a name that leads elsewhere later does not take
 * us along. Over TLS its certificate is the pinned one, or nothing is ever written to it.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { buildConnector } from 'undici';
import { distrustOf } from '../net/shown-certificate.ts';
import { DeviceFailure } from './failure.ts';

export interface DevicePeerOptions {
  /** SHA-256 of the certificate to expect, upper-case hex pairs with colons. Without it no TLS peer is taken. */
  readonly fingerprint256?: string | undefined;
  /** Longest time of one connection's making, ms. */
  readonly within: number;
  /** For tests; the system's. */
  readonly lookup?: LookupFunction | undefined;
}

export interface DevicePeer {
  readonly connect: buildConnector.connector;
  /** IP address that was connected to; undefined before. */
  readonly address: string | undefined;
  /** Connections made so far. */
  readonly connections: number;
  /** Ends handshakes that are still going on: a silent device must not hold up our leaving it. */
  close(): void;
}

export function devicePeer({ fingerprint256, within, lookup = systemLookup }: DevicePeerOptions): DevicePeer {
  let address: string | undefined;
  let connections = 0;
  const pending = new Set<Socket>();
  const resolve: LookupFunction = (name, options, found) => {
    if (address === undefined) lookup(name, options, found);
    else if (options.all) found(null, [{ address, family: isIP(address) }]);
    else found(null, address, isIP(address));
  };
  // The fingerprint alone decides, below.
  const open = buildConnector({ timeout: within, lookup: resolve, rejectUnauthorized: false, minVersion: 'TLSv1.2' });

  return {
    get address() {
      return address;
    },
    get connections() {
      return connections;
    },
    connect: (target, opened) => {
      const made: unknown = open(target, (...[error, socket]) => {
        if (made instanceof Socket) pending.delete(made);
        if (error) {
          opened(error, null);
          return;
        }
        const distrust = target.protocol === 'https:' ? distrustOf(socket, fingerprint256) : undefined;
        if (distrust) {
          socket.destroy();
          const { sentence, certificate } = distrust;
          opened(new DeviceFailure('certificate', sentence, certificate ? { certificate } : {}), null);
          return;
        }
        address ??= socket.remoteAddress;
        connections += 1;
        opened(null, socket);
      });
      if (made instanceof Socket) pending.add(made);
    },
    close: () => {
      for (const socket of pending) socket.destroy(new Error('The device was left.'));
    },
  };
}

/**
 * The one peer of a device. Its name is resolved when it is first connected to, and never again: a name that leads elsewhere later does not take
 * us along. Over TLS its certificate is the pinned one, or nothing is ever written to it.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
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
  // Cameras sign their certificates themselves: no authority and no name says more than the fingerprint that a person has confirmed.
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
        const refusal = target.protocol === 'https:' ? distrust(socket, fingerprint256) : undefined;
        if (refusal) {
          socket.destroy();
          opened(refusal, null);
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

/** Why this open connection is not to be spoken over; undefined: it is the confirmed certificate. */
function distrust(socket: unknown, expected: string | undefined): DeviceFailure | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
  const seen = certificate?.fingerprint256;
  if (!certificate || seen === undefined) return new DeviceFailure('certificate', 'shows no certificate.');
  if (seen === expected) return undefined;
  const sentence =
    expected === undefined
      ? `shows the certificate ${seen} (SHA-256), which nobody has confirmed yet. Nothing was sent to it.`
      : `shows the certificate ${seen} (SHA-256) instead of the confirmed ${expected}. Nothing was sent to it.`;
  return new DeviceFailure('certificate', sentence, {
    certificate: { fingerprint256: seen, subject: subjectOf(certificate), validTo: certificate.valid_to },
  });
}

/** Common name, for people; a camera writes there what it likes. */
function subjectOf({ subject }: PeerCertificate): string {
  const name: unknown = subject?.CN;
  return (Array.isArray(name) ? name.join(' ') : typeof name === 'string' ? name : '').slice(0, 100);
}

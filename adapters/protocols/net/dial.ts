/** Opens one TCP or TLS connection and hands it over only when it is safe to speak: nothing is written before the far side's identity is proved. */
import { isIP, type OnReadOpts, type Socket, connect as tcpConnect } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { ProtocolError } from '../protocol-error.ts';

export interface TlsTrust {
  /** PEM of the authority to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** SHA-256 of the very certificate to expect, hex with or without colons. Without `ca` it is the whole proof: a self-signed box can be pinned. */
  readonly fingerprint256?: string | undefined;
  /** Takes any certificate. For test benches; say so where a person can see it. */
  readonly insecure?: boolean | undefined;
}

export interface DialTarget {
  /** Name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** IP address of ours to speak from, where it matters which. */
  readonly localAddress?: string;
  /** Present: TLS 1.2 or later. */
  readonly tls?: TlsTrust | undefined;
  /** How to read without TLS: see ReadPlace. */
  readonly onread?: OnReadOpts;
}

/** As DialTarget wants it, of a URL's host. */
export const bareHost = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

/** Resolves once connected (and, with TLS, proved). Rejects with the socket's own error, a ProtocolError for a wrong pin, or the signal's reason. */
export async function dial(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = await opened(openTcp(target), 'connect', signal);
  return target.tls ? secured(socket, target.host, target.tls, signal) : socket;
}

/** TLS over a connection that stands: one that still tries its addresses takes another handle with each, and TLS would be left with the first, which is gone. */
async function secured(carrier: Socket, host: string, trust: TlsTrust, signal: AbortSignal): Promise<Socket> {
  // RFC 6066 §3: an IP address is not a server name.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = tlsConnect({ socket: carrier, ...servername, ...tlsOptions(trust) });
  carriedBy(socket, carrier);
  await opened(socket, 'secureConnect', signal);
  const problem = pinProblem(socket, trust);
  if (!problem) return socket;
  socket.on('error', () => undefined).destroy();
  throw problem;
}

/** A socket that fails, or that the signal gives up, is destroyed. */
function opened(socket: Socket, ready: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      signal.removeEventListener('abort', abandon);
      socket.off('error', fail).off('close', closed).off(ready, open);
    };
    const fail = (error: unknown) => {
      settle();
      // A late error of a socket that we gave up must not become an uncaught one.
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const abandon = () => fail(signal.reason);
    const closed = () => fail(new Error('The connection was closed before it was open.'));
    const open = () => {
      settle();
      resolve(socket);
    };
    socket.on('error', fail).on('close', closed).on(ready, open);
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
  });
}

/** Below TLS: the connection that carries it. */
const carriers = new WeakMap<Socket, Socket>();

/**
 * Ends a connection with all that lies in it. After a mere destroy() the kernel goes on sending what the far side has not acknowledged, for minutes: what
 * was given up on a line that stands still would arrive when it is well again.
 */
export function reset(socket: Socket): void {
  const carrier = carriers.get(socket) ?? socket;
  if (!carrier.destroyed) carrier.resetAndDestroy();
  socket.destroy();
}

/** Says what carries a TLS connection. Neither is left behind by the other. */
export function carriedBy(socket: Socket, carrier: Socket): void {
  carriers.set(socket, carrier);
  carrier.on('error', (error) => socket.destroy(error));
  socket.once('close', () => carrier.destroy());
}

/** What tls.connect wants for this trust. */
export function tlsOptions(trust: TlsTrust): { readonly ca?: string; readonly rejectUnauthorized: boolean; readonly minVersion: 'TLSv1.2' } {
  const pinnedOnly = trust.fingerprint256 !== undefined && trust.ca === undefined;
  return {
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    rejectUnauthorized: !(pinnedOnly || trust.insecure === true),
    minVersion: 'TLSv1.2',
  };
}

/** Why the certificate of this open connection is not the pinned one; undefined: it is, or none is pinned. */
export function pinProblem(socket: TLSSocket, trust: TlsTrust): ProtocolError | undefined {
  if (trust.fingerprint256 === undefined) return undefined;
  const seen = bare(socket.getPeerCertificate().fingerprint256 ?? '');
  const expected = bare(trust.fingerprint256);
  return seen === expected
    ? undefined
    : new ProtocolError(`the pinned certificate ${expected.slice(0, 16)}…`, `${seen.slice(0, 16)}…`, 'the TLS handshake');
}

function openTcp({ host, port, localAddress, onread }: DialTarget): Socket {
  return tcpConnect({ host, port, noDelay: true, ...(localAddress ? { localAddress } : {}), ...(onread ? { onread } : {}) });
}

const bare = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase();

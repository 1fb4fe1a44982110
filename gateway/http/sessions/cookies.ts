/** The session cookie. Over TLS its name starts with `__Host-` (RFC 6265bis §4.1.3.2): no other host or path can set it. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Millis } from '../../domain/time.ts';

const secureName = '__Host-session';
const plainName = 'session';
const tokenForm = /^[A-Za-z0-9_-]{43}$/;

export function encrypted(request: IncomingMessage): boolean {
  return request.socket instanceof TLSSocket;
}

export function sessionToken(request: IncomingMessage): string | undefined {
  const wanted = encrypted(request) ? secureName : plainName;
  for (const part of (request.headers.cookie ?? '').slice(0, 8_192).split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() !== wanted) continue;
    const token = part.slice(at + 1).trim();
    return tokenForm.test(token) ? token : undefined;
  }
  return undefined;
}

/** Without `keep` the cookie goes with the browser; a wall keeps it, so that its kiosk may restart. The server ends the session either way. */
export function sessionCookie(request: IncomingMessage, token: string, keep?: Millis): string {
  return `${named(request, token)}${keep === undefined ? '' : `; Max-Age=${Math.floor(keep / 1_000)}`}`;
}

export function expiredCookie(request: IncomingMessage): string {
  return `${named(request, '')}; Max-Age=0`;
}

function named(request: IncomingMessage, token: string): string {
  const secure = encrypted(request);
  return `${secure ? secureName : plainName}=${token}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** Cross-site request forgery and cross-site WebSocket hijacking: an unsafe request must prove that one of our own pages sent it. */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../domain/errors.ts';
import { encrypted } from './sessions/cookies.ts';

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Throws FORBIDDEN where Origin (RFC 6454) or Sec-Fetch-Site (W3C Fetch Metadata) names another site, or where neither is there: every
 * browser in use sends one, and a program that calls us can send `Origin` as well.
 */
export function checkSameOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  if (safe.has(request.method ?? '') && request.headers.upgrade === undefined) return;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const own = `${encrypted(request) ? 'https' : 'http'}://${host ?? ''}`.toLowerCase();
  const named = origin?.toLowerCase();
  if (named !== undefined && named !== own && !allowed.includes(named)) throw refusal('another origin');
  if (site !== undefined && site !== 'same-origin' && (named === undefined || !allowed.includes(named))) throw refusal('another site');
  if (named === undefined && site === undefined) throw refusal('no origin');
}

function refusal(reason: string): GatewayError {
  return new GatewayError('FORBIDDEN', 'The request did not come from a page of this gateway (headers Origin and Sec-Fetch-Site).', {
    context: { reason },
  });
}

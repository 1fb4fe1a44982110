/** RTSP addresses as cameras write them, repaired (onvif-rtsp §3.2 quirks 14 and 15). */
import { RtspFailure } from './failure.ts';

export interface RtspTarget {
  readonly host: string;
  readonly port: number;
  /** rtsps://: the connection is TLS. */
  readonly secure: boolean;
  /** The URL without credentials and fragment, exactly as it goes on the wire. */
  readonly uri: string;
}

/** Throws RtspFailure for what is no rtsp:// or rtsps:// URL. */
export function parseTarget(url: string): RtspTarget {
  // Some ONVIF replies wrap the URI in line breaks. A password may hold an "@": the last one ends the credentials.
  const text = url.trim();
  const match = /^(rtsps?):\/\/(?:[^/?#]*@)?(\[[0-9a-f:.]+\]|[^\s:@/?#]+)(?::(\d{1,5}))?([/?][^\s#]*)?(?:#.*)?$/i.exec(text);
  const scheme = match?.[1]?.toLowerCase() === 'rtsps' ? 'rtsps' : 'rtsp';
  // RFC 7826 §4.2 names 322 for rtsps; RTSP 1.0 knew no scheme for TLS.
  const port = Number(match?.[3] ?? (scheme === 'rtsps' ? 322 : 554));
  if (!match || port < 1 || port > 65_535)
    throw new RtspFailure('reply', `gave an address that is no rtsp:// URL: ${JSON.stringify(text.slice(0, 120))}.`);
  const authority = match[3] === undefined ? match[2]! : `${match[2]}:${match[3]}`;
  return { host: match[2]!.replace(/^\[|\]$/g, ''), port, secure: scheme === 'rtsps', uri: `${scheme}://${authority}${match[4] ?? '/'}` };
}

/**
 * The path and query of a URL or of what a camera takes for one: without scheme, with a doubled scheme, with a bare IPv4-mapped IPv6 host.
 * The host is thrown away: requests stay on the connection's own host.
 */
function pathOf(text: string): string | undefined {
  const rest = text.trim().replace(/^(?:rtsps?:\/\/)+/i, '');
  const slash = rest.indexOf('/');
  if (slash >= 0) return rest.slice(slash);
  return rest === '' ? undefined : '/';
}

function onHost(target: RtspTarget, path: string): string {
  const origin = /^rtsps?:\/\/[^/?]+/i.exec(target.uri)?.[0] ?? '';
  return origin + path;
}

/** Base for control URLs: Content-Base, else Content-Location, else the request's own URL (RFC 2326 §C.1.1). */
export function baseOf(target: RtspTarget, contentBase: string | undefined, contentLocation: string | undefined): string {
  for (const candidate of [contentBase, contentLocation]) {
    const path = candidate === undefined ? undefined : pathOf(candidate);
    if (path !== undefined) return onHost(target, path);
  }
  return target.uri;
}

/**
 * The URL of a track. Relative controls are appended, not resolved: cameras that carry a query in the base
 * (`…?channel=1&subtype=0/`) expect `trackID=0` behind it, and every common client does so.
 */
export function controlUrl(target: RtspTarget, base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^rtsps?:\/\//i.test(control)) return onHost(target, pathOf(control) ?? '/');
  const relative = control.replace(/^\/+/, '');
  return base.endsWith('/') ? base + relative : `${base}/${relative}`;
}

/** Where a redirect leads; throws RtspFailure when that is another host (server-side request forgery). */
export function redirectTarget(from: RtspTarget, location: string | undefined): RtspTarget {
  if (location === undefined) throw new RtspFailure('reply', 'redirected without a Location.');
  const to = parseTarget(location);
  if (to.host.toLowerCase() !== from.host.toLowerCase()) {
    throw new RtspFailure('redirect', `redirected to another host (${to.host}), which is not followed.`);
  }
  if (from.secure && !to.secure) throw new RtspFailure('redirect', 'redirected from rtsps:// to rtsp://, which is not followed.');
  return to;
}

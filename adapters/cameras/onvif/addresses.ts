/**
 * Addresses that a camera gives us, pinned to the host that it was entered with. They are hostile input: a camera that names another host makes the
 * gateway talk to machines that it cannot reach itself (reliability-security F19), or hands our credentials on.
 */
import { isIP } from 'node:net';
import { parseTarget } from '../../protocols/rtsp/address.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';

/** `refuse`: an address on another host is an error; `rewrite`: its host is replaced (a camera behind address translation). */
export type OtherHosts = 'refuse' | 'rewrite';

export interface Home {
  /** Device service. */
  readonly url: URL;
  /** IP address that answers there; undefined before it has. */
  readonly peer: () => string | undefined;
  readonly otherHosts: OtherHosts;
}

/** The first usable of one or more service addresses, as it is to be asked; throws DeviceFailure. */
export function pinService(home: Home, text: string, what: string): URL {
  let failure: DeviceFailure | undefined;
  for (const candidate of clean(text, ' ').split(' ')) {
    try {
      return pinHttp(home, candidate, what);
    } catch (error) {
      if (!(error instanceof DeviceFailure)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new DeviceFailure('reply', `gave no address of ${what}.`);
}

/** A snapshot's http:// or https:// address without credentials, for people; throws DeviceFailure. */
export function pinSnapshot(home: Home, text: string): URL {
  return onHome(home, clean(text, ''), 'its snapshot');
}

/** A stream's rtsp:// or rtsps:// address without credentials; throws DeviceFailure. */
export function pinStream(home: Home, text: string): string {
  const cleaned = clean(text, '');
  let target: ReturnType<typeof parseTarget>;
  try {
    target = parseTarget(cleaned);
  } catch (cause) {
    throw new DeviceFailure('reply', `gave a stream address that is no rtsp:// URL: ${JSON.stringify(redacted(cleaned))}.`, { cause });
  }
  // As http a host is brought into one form, whatever way of writing an IP address it hides behind.
  const host = URL.canParse(`http://${hostText(target.host)}/`) ? new URL(`http://${hostText(target.host)}/`).hostname : target.host;
  demandHome(home, host, 'its stream');
  const port = target.port === (target.secure ? 322 : 554) ? '' : `:${target.port}`;
  // The address that answered, not its name: whoever pulls the stream would ask for the name again, and might be led elsewhere.
  const scheme = target.secure ? 'rtsps' : 'rtsp';
  return `${scheme}://${hostText(home.peer() ?? home.url.hostname)}${port}${target.uri.replace(/^rtsps?:\/\/[^/?]*/i, '')}`;
}

/** A service is spoken to as the camera was entered: never in clear text where that was https://, and over TLS only where a certificate is confirmed. */
function pinHttp(home: Home, text: string, what: string): URL {
  const url = onHome(home, text, what);
  if (url.protocol === home.url.protocol) return url;
  if (url.protocol === 'https:') {
    throw new DeviceFailure('reply', `says that ${what} is at an https:// address: enter the camera with its https:// address.`);
  }
  return new URL(`${home.url.origin}${url.pathname}${url.search}`);
}

function onHome(home: Home, text: string, what: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new DeviceFailure('reply', `gave an address of ${what} that is no http:// URL: ${JSON.stringify(redacted(text))}.`);
  }
  const url = new URL(text);
  demandHome(home, url.hostname, what);
  url.username = '';
  url.password = '';
  url.hash = '';
  url.hostname = home.url.hostname;
  return url;
}

function demandHome({ url, peer, otherHosts }: Home, host: string, what: string): void {
  const named = host.toLowerCase();
  const answering = peer();
  if (named === url.hostname || (answering !== undefined && named === hostText(answering)) || otherHosts === 'rewrite') return;
  // Cameras that do not know their own address write the wildcard one.
  if (named === '0.0.0.0' || named === '[::]') return;
  throw new DeviceFailure('forbidden-host', `says that ${what} is on another host (${named.slice(0, 80)}), which is not followed.`);
}

/** Without the line breaks and doubly escaped ampersands that some firmware puts in. */
function clean(text: string, space: string): string {
  return text.replace(/&amp;/gi, '&').trim().replace(/\s+/g, space);
}

const redacted = (text: string) => text.slice(0, 120).replace(/\/\/[^@/]*@/, '//');
const bare = (host: string) => host.replace(/^\[|\]$/g, '');
const hostText = (address: string) => (isIP(bare(address)) === 6 ? `[${bare(address)}]` : address);

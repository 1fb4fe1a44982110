/**
 * Addresses that a camera gives us, pinned to the host that it was entered with. They are hostile input: a camera that names another host makes the
 * gateway talk to machines that it cannot reach itself (reliability-security F19), or hands our credentials on.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseTarget } from '../../protocols/rtsp/address.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';

/** `refuse`: an address on another host is an error; `rewrite`: its host is replaced (a camera behind address translation). */
export type OtherHosts = 'refuse' | 'rewrite';

export interface Home {
  /** Device service. */
  readonly url: URL;
  /** Names and addresses that mean this camera, as URLs write them. */
  readonly aliases: ReadonlySet<string>;
  readonly otherHosts: OtherHosts;
}

/** Throws DeviceFailure where the name does not resolve. */
export async function homeOf(address: string, otherHosts: OtherHosts): Promise<Home> {
  const url = new URL(address);
  const host = url.hostname.toLowerCase();
  const aliases = new Set([host]);
  if (isIP(bare(host)) === 0) {
    try {
      for (const found of await lookup(host, { all: true })) aliases.add(hostText(found.address));
    } catch (cause) {
      throw new DeviceFailure('unreachable', `has a name that cannot be resolved (${host}).`, { cause });
    }
  }
  return { url, aliases, otherHosts };
}

/** The first usable of one or more service addresses; throws DeviceFailure. */
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

/** A snapshot's http:// address; throws DeviceFailure. */
export function pinSnapshot(home: Home, text: string): URL {
  return pinHttp(home, clean(text, ''), 'its snapshot');
}

/** A stream's rtsp:// address without credentials; throws DeviceFailure. */
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
  const port = target.port === 554 ? '' : `:${target.port}`;
  return `rtsp://${home.url.hostname}${port}${target.uri.replace(/^rtsp:\/\/[^/?]*/i, '')}`;
}

function pinHttp(home: Home, text: string, what: string): URL {
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

function demandHome({ aliases, otherHosts }: Home, host: string, what: string): void {
  const named = host.toLowerCase();
  // Cameras that do not know their own address write the wildcard one.
  if (aliases.has(named) || named === '0.0.0.0' || named === '[::]' || otherHosts === 'rewrite') return;
  throw new DeviceFailure('forbidden-host', `says that ${what} is on another host (${named.slice(0, 80)}), which is not followed.`);
}

/** Without the line breaks and doubly escaped ampersands that some firmware puts in. */
function clean(text: string, space: string): string {
  return text.replace(/&amp;/gi, '&').trim().replace(/\s+/g, space);
}

const redacted = (text: string) => text.slice(0, 120).replace(/\/\/[^@/]*@/, '//');
const bare = (host: string) => host.replace(/^\[|\]$/g, '');
const hostText = (address: string) => (isIP(bare(address)) === 6 ? `[${bare(address)}]` : address);

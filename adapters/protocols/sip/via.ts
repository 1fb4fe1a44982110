/** The way a request came (RFC 3261 §20.42), and what a server writes into it (§18.2.1, RFC 3581). */
import { type Parameters, parseParameters, writeParameters } from './parameters.ts';
import { hostPort } from './uri.ts';

export interface Via {
  /** Upper case: `UDP`, `TCP`, or something that we do not speak. */
  readonly transport: string;
  /** Without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
}

/** What every branch of RFC 3261 begins with (§8.1.1.7). */
export const branchCookie = 'z9hG4bK';

/** One member; undefined where it cannot be read. White space round the slashes and the colon is legal. */
export function parseVia(text: string): Via | undefined {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/;,]+)\s+(\[[^\]\s]*\]|[^\s:;,[\]]+)\s*(?::\s*(\d{1,5})\s*)?(;.*)?$/i.exec(text.trim());
  if (!match) return undefined;
  const [, transport = '', host = '', port, tail = ''] = match;
  const parameters = parseParameters(tail);
  if (!parameters || Number(port ?? 0) > 65_535) return undefined;
  return {
    transport: transport.toUpperCase(),
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    ...(port === undefined ? {} : { port: Number(port) }),
    parameters,
  };
}

export function writeVia(via: Via): string {
  return `SIP/2.0/${via.transport} ${hostPort(via.host, via.port)}${writeParameters(via.parameters)}`;
}

/** As a server keeps it: with the address that the request came from. */
export function markedVia(via: Via, source: { readonly address: string; readonly port: number }): Via {
  const parameters = new Map(via.parameters);
  if (parameters.has('rport')) parameters.set('rport', String(source.port));
  // RFC 3581 §4 wants `received` wherever `rport` is.
  if (parameters.has('rport') || via.host !== source.address) parameters.set('received', source.address);
  return { ...via, parameters };
}

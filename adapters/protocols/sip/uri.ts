/** SIP URIs (RFC 3261 §19.1). Hosts of GB/T 28181 are often domains that nobody resolves: the caller knows where to send. */
import { type Parameters, parseParameters } from './parameters.ts';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Escapes undone; '' where there is none. */
  readonly user: string;
  readonly password?: string;
  /** Without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
  /** What follows `?`, as it is. */
  readonly headers?: string;
}

/** Undefined for other schemes and for what cannot be read. */
export function parseUri(text: string): SipUri | undefined {
  const match = /^(sips?):(?:([^@:]*)(?::([^@]*))?@)?(\[[^\]\s]*\]|[^:;?@[\]\s]+)(?::(\d{1,5}))?(;[^?]*)?(?:\?(.*))?$/i.exec(text);
  if (!match) return undefined;
  const [, scheme = '', user = '', password, host = '', port, tail = '', headers] = match;
  const parameters = parseParameters(tail);
  if (!parameters || Number(port ?? 0) > 65_535) return undefined;
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user: unescaped(user),
    ...(password === undefined ? {} : { password: unescaped(password) }),
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    ...(port === undefined ? {} : { port: Number(port) }),
    parameters,
    ...(headers === undefined ? {} : { headers }),
  };
}

/** `sip:user@host:port`; parts that are not given are left out. */
export function sipUri(user: string, host: string, port?: number): string {
  return `sip:${user === '' ? '' : `${escaped(user)}@`}${hostPort(host, port)}`;
}

/** IPv6 in brackets (RFC 3261 §25.1). */
export function hostPort(host: string, port?: number): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
}

const unescaped = (text: string) => text.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Unreserved and user-unreserved characters stay (§25.1); the rest, byte by byte. */
const escaped = (text: string) =>
  text.replaceAll(/[^\w\-.!~*'()&=+$,;?/]/g, (character) =>
    Buffer.from(character, character > '\xff' ? 'utf8' : 'latin1')
      .toString('hex')
      .toUpperCase()
      .replaceAll(/../g, '%$&'),
  );

/**
 * SIP messages (RFC 3261 §7): their shape and how to write them. `read.ts` reads them.
 * Text of a head is kept byte for byte, one character per byte: what is copied into an answer comes back as it was, whatever its charset.
 */
import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../protocol-error.ts';

export interface SipHeader {
  /** Long form; known names as the RFCs write them. */
  readonly name: string;
  readonly value: string;
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

/** What to add: a name with several values becomes several lines; an undefined value is left out. */
export type HeadersToWrite = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export const noBody = new Uint8Array(0);

/** Compact forms (RFC 3261 §7.3.3, RFC 6665 §8.2, RFC 4028, RFC 3515, RFC 3841). */
const compact = {
  v: 'Via',
  f: 'From',
  t: 'To',
  i: 'Call-ID',
  m: 'Contact',
  l: 'Content-Length',
  c: 'Content-Type',
  e: 'Content-Encoding',
  s: 'Subject',
  k: 'Supported',
  o: 'Event',
  u: 'Allow-Events',
  x: 'Session-Expires',
  r: 'Refer-To',
  b: 'Referred-By',
};
const others = [
  ...['CSeq', 'Max-Forwards', 'Expires', 'Min-Expires', 'Date', 'User-Agent', 'Server', 'Route', 'Record-Route', 'Path', 'Service-Route'],
  ...['WWW-Authenticate', 'Authorization', 'Proxy-Authenticate', 'Proxy-Authorization', 'Authentication-Info', 'Allow', 'Accept', 'Require'],
  ...['Proxy-Require', 'Unsupported', 'Subscription-State', 'Retry-After', 'Reason', 'Warning', 'Timestamp', 'MIME-Version', 'X-GB-Ver', 'Note'],
];
const longForms: ReadonlyMap<string, string> = new Map([
  ...Object.entries(compact),
  ...[...Object.values(compact), ...others].flatMap((name): [string, string][] => [
    [name.toLowerCase(), name],
    [name, name],
  ]),
]);

export function longForm(name: string): string {
  return longForms.get(name) ?? longForms.get(name.toLowerCase()) ?? name;
}

/** Every value of a header, whatever the case and form of its name; not split at commas. */
export function headersOf(message: { readonly headers: readonly SipHeader[] }, name: string): string[] {
  const named = isNamed(name);
  const values: string[] = [];
  for (const header of message.headers) if (named(header)) values.push(header.value);
  return values;
}

export function headerOf(message: { readonly headers: readonly SipHeader[] }, name: string): string | undefined {
  return message.headers.find(isNamed(name))?.value;
}

/** Known names are in their long form already, when they are read and when they are added. */
function isNamed(name: string): (header: SipHeader) => boolean {
  const wanted = longForm(name);
  if (longForms.has(wanted)) return (header) => header.name === wanted;
  const lower = wanted.toLowerCase();
  return (header) => header.name.toLowerCase() === lower;
}

export function headerList(headers: HeadersToWrite): SipHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : (Array.isArray(value) ? value : [value]).map((one) => ({ name: longForm(name), value: String(one) })),
  );
}

/** Content-Length is always written, and always ours. Throws ProtocolError for a line break, which would start a header of the sender's choice. */
export function writeMessage(message: SipMessage): Buffer {
  const start =
    message.kind === 'request' ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${String(message.status).padStart(3, '0')} ${message.reason}`;
  let head = line(start);
  for (const { name, value } of message.headers) if (name !== 'Content-Length') head += line(`${name}: ${value}`);
  head += line(`Content-Length: ${message.body.length}`);
  head += '\r\n';
  // In memory of its own: answers are kept for a while, and one of 400 bytes would keep a pool of 8 KiB.
  const bytes = Buffer.allocUnsafeSlow(head.length + message.body.length);
  bytes.write(head, 'latin1');
  bytes.set(message.body, head.length);
  return bytes;
}

/** Characters beyond one byte come from us, never from the wire: they go out as UTF-8 (RFC 3261 §7.3.1). */
function line(text: string): string {
  if (/[\r\n]/.test(text)) throw new ProtocolError('one line', 'a line break', 'a SIP message to write');
  return `${/[^\0-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text}\r\n`;
}

/** What people read in a header's value, where its bytes are UTF-8; otherwise the value as it is. */
export function textOf(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}

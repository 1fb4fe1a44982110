/** RTSP 1.0 messages (RFC 2326 §4-7): their shape, how to write them, how to read a header block. The framing of a connection is `scanner.ts`. */
import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../protocol-error.ts';

/** Lower-case header name → every value, in order. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

export type RtspMessage = RtspRequest | RtspResponse;

/** What to write: a name with several values becomes several header lines; an undefined value is left out. */
export type HeadersToWrite = Readonly<Record<string, string | number | readonly string[] | undefined>>;

const maxHeaders = 128;
const crlf = '\r\n';
const noBytes = new Uint8Array(0);

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  453: 'Not Enough Bandwidth',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option not supported',
};

/** The first value of a header, whatever its case. */
export function headerOf(message: { readonly headers: RtspHeaders }, name: string): string | undefined {
  return message.headers.get(name.toLowerCase())?.[0];
}

/** Every value of a header, whatever its case. */
export function headersOf(message: { readonly headers: RtspHeaders }, name: string): readonly string[] {
  return message.headers.get(name.toLowerCase()) ?? [];
}

export function writeRequest(request: { method: string; uri: string; headers: HeadersToWrite; body?: string | Uint8Array }): Buffer {
  return write(`${oneLine(request.method)} ${oneLine(request.uri)} RTSP/1.0`, request.headers, request.body);
}

/** `reason` defaults to the usual phrase of the status. */
export function writeResponse(response: { status: number; reason?: string; headers: HeadersToWrite; body?: string | Uint8Array }): Buffer {
  const reason = response.reason ?? reasons[response.status] ?? 'Unknown';
  return write(`RTSP/1.0 ${response.status} ${oneLine(reason)}`, response.headers, response.body);
}

function write(start: string, headers: HeadersToWrite, body: string | Uint8Array | undefined): Buffer {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  let text = start + crlf;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) text += `${name}: ${oneLine(String(one))}${crlf}`;
  }
  if (content && content.length > 0) text += `Content-Length: ${content.length}${crlf}`;
  const head = Buffer.from(text + crlf);
  return content && content.length > 0 ? Buffer.concat([head, content]) : head;
}

/** A line break in a value would start a header of the sender's choice. */
function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new ProtocolError('one line', 'a line break', 'a message to write');
  return text;
}

/** A header block, without its empty line. The body is empty: `bodyLength` says how much follows. */
export function parseHead(bytes: Uint8Array): RtspMessage {
  const lines = textOf(bytes).split(/\r\n|\n|\r/);
  const start = lines[0] ?? '';
  const headers = parseHeaders(lines);
  const response = /^RTSP\/1\.\d +(\d{3})(?: +(.*))?$/.exec(start.trimEnd());
  if (response) return { kind: 'response', status: Number(response[1]), reason: response[2] ?? '', headers, body: noBytes };
  const request = /^([A-Z_]{1,32}) +(\S+) +RTSP\/(\d)\.\d$/.exec(start.trimEnd());
  if (!request) throw new ProtocolError('an RTSP start line', JSON.stringify(start.slice(0, 80)), 'the first line');
  return { kind: 'request', method: request[1]!, uri: request[2]!, headers, body: noBytes };
}

/**
 * A realm or a reason may be in any language. Read as UTF-8 it can be echoed, and hashed for Digest, byte for byte; what is no UTF-8 at least stays
 * one line of so many characters.
 */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(isUtf8(buffer) ? 'utf8' : 'latin1');
}

function parseHeaders(lines: readonly string[]): RtspHeaders {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  let count = 0;
  for (const line of lines.slice(1)) {
    // RFC 2326 inherits HTTP's folded lines: one that starts with white space goes on with the value before.
    if (last && /^[ \t]/.test(line)) {
      const more = line.trim();
      const before = last[last.length - 1]!;
      last[last.length - 1] = before === '' || more === '' ? before + more : `${before} ${more}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    // A line without a name and a colon is skipped: several cameras send one, and nothing can be meant by it.
    if (name === '') continue;
    count += 1;
    if (count > maxHeaders) throw new ProtocolError(`at most ${maxHeaders} headers`, 'more', 'the header block');
    const value = line.slice(colon + 1).trim();
    const values = headers.get(name);
    if (values) values.push(value);
    else headers.set(name, [value]);
    last = headers.get(name);
  }
  return headers;
}

/** Bytes of body that follow the head; throws for a length that is no number, contradicts itself or is above `most`. */
export function bodyLength(head: RtspMessage, most: number): number {
  const values = new Set(headersOf(head, 'content-length'));
  if (values.size === 0) return 0;
  const [value = ''] = values;
  if (values.size > 1 || !/^\d{1,10}$/.test(value)) {
    throw new ProtocolError('one decimal length', JSON.stringify([...values].join(', ').slice(0, 80)), 'header Content-Length');
  }
  const length = Number(value);
  if (length > most) throw new ProtocolError(`a body of at most ${most} bytes`, `${length}`, 'header Content-Length');
  return length;
}

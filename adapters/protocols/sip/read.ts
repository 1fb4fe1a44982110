/**
 * Reads SIP messages off the wire: caps first, then shape, then sense. A request that makes no sense still says where its refusal must go, so a
 * message comes with its problem instead of an exception; only what is no SIP at all is thrown.
 */
import { ProtocolError } from '../protocol-error.ts';
import { cseqOf, fromOf, toOf, topViaOf } from './fields.ts';
import { headersOf, longForm, noBody, type SipHeader, type SipMessage } from './message.ts';
import { splitList } from './parameters.ts';

/** Bytes. RFC 3261 §18.1.1 asks for messages of up to 65,535. */
export const mostBytes = 65_535;
/** Real heads have 600. An answer repeats most of its request's: it is held twice until the call is answered. */
export const mostHead = 8 * 1024;
const mostHeaders = 128;
/** Of a list: no request passes more proxies than Max-Forwards allows, and an answer copies them all. */
const mostMembers = 70;
const lists = ['Via', 'Record-Route', 'Route', 'Contact'] as const;

/** Why a message is refused: what to answer, and what is wrong. */
export interface SipProblem {
  readonly status: 400 | 413 | 505;
  /** Of ASCII, and short: it becomes a reason phrase. */
  readonly sentence: string;
}

/** A message whose body is still to come. */
export interface SipHead {
  readonly message: SipMessage;
  /** `2.0`, or what we do not speak. */
  readonly version: string;
}

export interface ReadSip {
  readonly message: SipMessage;
  readonly problem: SipProblem | undefined;
}

const bad = (sentence: string): SipProblem => ({ status: 400, sentence });

/** One datagram. Bytes behind Content-Length are left (§18.3). Throws ProtocolError for what is no SIP message. */
export function readDatagram(bytes: Uint8Array): ReadSip {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length > mostBytes) throw new ProtocolError(`at most ${mostBytes} bytes`, `${buffer.length}`, 'a SIP datagram');
  const start = skipLineEnds(buffer, 0);
  const end = endOfHead(buffer, start, start);
  const head = readHead(buffer.subarray(start, end?.at ?? buffer.length));
  const rest = end ? buffer.subarray(end.next) : noBody;
  const length = contentLength(head.message);
  if (typeof length === 'object') return checked(head, noBody, length);
  if (length !== undefined && length > rest.length) return checked(head, rest, bad('Content-Length Beyond Datagram'));
  // Whoever keeps the body must not keep the head with it, which is read, and what lies behind.
  return checked(head, ownCopy(length === undefined ? rest : rest.subarray(0, length)), undefined);
}

/** In memory that nothing else lies in. */
export function ownCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Problems in the order in which somebody would look for them. */
export function checked({ message: head, version }: SipHead, body: Uint8Array, problem: SipProblem | undefined): ReadSip {
  const message = { ...head, body };
  if (version !== '2.0') return { message, problem: { status: 505, sentence: 'Version Not Supported' } };
  return { message, problem: problem ?? problemOf(message) };
}

/** First index that is no CR or LF: empty lines in front of a message are to be ignored (§7.5). */
export function skipLineEnds(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 13 || bytes[at] === 10) at += 1;
  return at;
}

/** The empty line: `at` where the head ends, `next` where the body starts. `searched`: no line ended before it. */
export function endOfHead(bytes: Buffer, start: number, searched: number): { readonly at: number; readonly next: number } | undefined {
  for (let at = bytes.indexOf(10, Math.max(start, searched)); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const next = bytes[at + 1] === 13 ? at + 2 : at + 1;
    if (bytes[next] === 10) return { at: bytes[at - 1] === 13 ? at - 1 : at, next: next + 1 };
  }
  return undefined;
}

/** A head without its empty line. Throws ProtocolError for what is no SIP, or too much of it. */
export function readHead(bytes: Buffer): SipHead {
  if (bytes.length > mostHead) throw new ProtocolError(`at most ${mostHead} bytes`, `${bytes.length}`, 'the head of a SIP message');
  const lines = linesOf(bytes);
  const start = (lines[0] ?? '').trimEnd();
  const headers = readHeaders(lines);
  for (const name of lists) {
    const members = headersOf({ headers }, name).reduce((sum, value) => sum + splitList(value).length, 0);
    if (members > mostMembers) throw new ProtocolError(`at most ${mostMembers} values`, `${members}`, `header ${name}`);
  }
  const response = /^SIP\/(\d+\.\d+) +(\d{3})(?: (.*))?$/i.exec(start);
  if (response) {
    const [, version = '', status, reason = ''] = response;
    return { message: { kind: 'response', status: Number(status), reason, headers, body: noBody }, version };
  }
  const [first, last] = [start.indexOf(' '), start.lastIndexOf(' ')];
  const method = start.slice(0, Math.max(0, first));
  const version = /^ SIP\/(\d+\.\d+)$/i.exec(start.slice(last))?.[1];
  if (version === undefined || !/^[\w\-.!%*+`'~]{1,64}$/.test(method)) {
    throw new ProtocolError('a SIP start line', JSON.stringify(start.slice(0, 80)), 'the first line');
  }
  // Brackets round a Request-URI are wrong, and plain enough (RFC 4475 §3.1.2.7).
  const uri = start
    .slice(first, last)
    .trim()
    .replace(/^<(.*)>$/, '$1');
  return { message: { kind: 'request', method, uri, headers, body: noBody }, version };
}

/** Each a string of its own: a slice of one for the whole head would hold all of it, for as long as anybody knows a tag. */
function linesOf(bytes: Buffer): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== 10 && byte !== 13 && byte !== undefined) continue;
    lines.push(bytes.toString('latin1', start, at));
    if (byte === 13 && bytes[at + 1] === 10) at += 1;
    start = at + 1;
  }
  return lines;
}

function readHeaders(lines: readonly string[]): SipHeader[] {
  const headers: { readonly name: string; readonly parts: string[] }[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (/^[ \t]/.test(line)) {
      const more = line.trim();
      if (more !== '') headers.at(-1)?.parts.push(more);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    // A line without a name says nothing (found with cameras' RTSP too).
    if (name === '' || /\s/.test(name)) continue;
    if (headers.length === mostHeaders) throw new ProtocolError(`at most ${mostHeaders} headers`, 'more', 'the head of a SIP message');
    const value = line.slice(colon + 1).trim();
    headers.push({ name: longForm(name), parts: value === '' ? [] : [value] });
  }
  return headers.map(({ name, parts }) => ({ name, value: parts.join(' ') }));
}

/** Bytes of body; undefined where the head does not say. */
export function contentLength(head: SipMessage): number | undefined | SipProblem {
  const values = new Set(headersOf(head, 'Content-Length'));
  if (values.size === 0) return undefined;
  const [value = ''] = values;
  if (values.size > 1 || !/^\d{1,10}$/.test(value)) return bad('Bad Content-Length');
  return Number(value) > mostBytes ? { status: 413, sentence: 'Body Too Large' } : Number(value);
}

const single = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'] as const;

/** What RFC 3261 §8.1.1 and §16.3 ask of every message. A missing Max-Forwards is older than the RFC, and does no harm to us. */
function problemOf(message: SipMessage): SipProblem | undefined {
  for (const name of single) {
    const values = headersOf(message, name);
    if (values.length === 0 && name !== 'Max-Forwards') return bad(`Missing ${name}`);
    if (values.some((value) => value !== values[0])) return bad(`Several ${name}`);
  }
  const cseq = cseqOf(message);
  if (!cseq) return bad('Bad CSeq');
  if (!fromOf(message)) return bad('Bad From');
  if (!toOf(message)) return bad('Bad To');
  if (headersOf(message, 'Call-ID')[0] === '') return bad('Empty Call-ID');
  if (headersOf(message, 'Via').length === 0) return bad('Missing Via');
  if (!topViaOf(message)) return bad('Bad Via');
  if (message.kind === 'response') return undefined;
  if (message.uri === '' || /\s/.test(message.uri)) return bad('Bad Request-URI');
  if (cseq.method !== message.method) return bad('CSeq Names Another Method');
  const forwards = headersOf(message, 'Max-Forwards')[0];
  return forwards === undefined || (/^\d+$/.test(forwards) && Number(forwards) <= 255) ? undefined : bad('Bad Max-Forwards');
}

/**
 * One message of SIA DC-09 (ANSI/SIA DC-09, 2013 and 2021) as values, and its clear text both ways:
 * `"token" sequence [Rreceiver] Lline #account [ data ] [extended]… _timestamp`. Text is Latin-1, one character per byte: what charset a panel
 * writes its texts in is for others to know.
 */
import { ProtocolError } from '../protocol-error.ts';
import { readTimestamp, timestampText } from './timestamp.ts';

/** What stands before the brackets, and is never encrypted. */
export interface Dc09Header {
  /** Upper case, without the asterisk: `ADM-CID`, `SIA-DCS`, `NULL`, `ACK`, `NAK`, `DUH`, `RSP`, or another maker's. */
  readonly token: string;
  readonly encrypted: boolean;
  /** 1 to 9999; 0 in a NAK and in polls. */
  readonly sequence: number;
  /** Hexadecimal digits as they came. */
  readonly receiver?: string;
  readonly line?: string;
  /** As it came. `A0` in a NAK; absent in odd old panels, which name it in the data only. */
  readonly account?: string;
}

/** What stands in the brackets and after them. */
export interface Dc09Content {
  /** For example `#1234|1120 01 007`; empty in polls and answers. */
  readonly data: string;
  /** Each a letter and its text, for example `X121.4737`. */
  readonly extended: readonly string[];
  /** Epoch milliseconds. */
  readonly timestamp?: number;
}

export type Dc09Message = Dc09Header & Dc09Content;

const mostExtended = 32;

/** Up to and with the opening bracket. Account `A0` of a NAK has no `#`. Makers write accounts with letters beyond F: they are read, not written. */
const header = /^"(\*?)([A-Za-z0-9-]{1,20})"(\d{4})(?:R([0-9A-Fa-f]{1,6}))?(?:L([0-9A-Fa-f]{1,6}?))?(?:#([0-9A-Za-z]{1,16})|A(0))?\[/;

/** Reads the header; `length` is where the content begins. Throws ProtocolError. */
export function readHeader(body: string): { readonly header: Dc09Header; readonly length: number } {
  const found = header.exec(body);
  if (!found) throw new ProtocolError('"token" sequence R L #account [', JSON.stringify(body.slice(0, 60)), 'header');
  const [whole, star, token = '', sequence, receiver, line, account, nobody] = found;
  return {
    length: whole.length,
    header: {
      token: token.toUpperCase(),
      encrypted: star === '*',
      sequence: Number(sequence),
      ...(receiver === undefined ? {} : { receiver }),
      ...(line === undefined ? {} : { line }),
      ...(nobody === undefined ? (account === undefined ? {} : { account }) : { account: 'A0' }),
    },
  };
}

/** Reads `data][extended]…_timestamp`, without the first bracket. A timestamp that is none is left out. Throws ProtocolError. */
export function readContent(text: string): Dc09Content {
  const end = text.indexOf(']');
  if (end < 0) throw new ProtocolError('a closing bracket', JSON.stringify(text.slice(0, 60)), 'data');
  const extended: string[] = [];
  let at = end + 1;
  while (text[at] === '[') {
    const close = text.indexOf(']', at);
    if (close < 0) throw new ProtocolError('a closing bracket', JSON.stringify(text.slice(at, at + 60)), 'extended data');
    if (extended.length === mostExtended) throw new ProtocolError(`at most ${mostExtended} parts`, 'more', 'extended data');
    if (close > at + 1) extended.push(text.slice(at + 1, close));
    at = close + 1;
  }
  const timestamp = readTimestamp(text.slice(at).trim());
  return { data: text.slice(0, end), extended, ...(timestamp === undefined ? {} : { timestamp }) };
}

export function headerText({ token, encrypted, sequence, receiver, line, account }: Dc09Header): string {
  const number = String(sequence).padStart(4, '0');
  const whose = account === undefined ? '' : account === 'A0' ? 'A0' : `#${account}`;
  return `"${encrypted ? '*' : ''}${token}"${number}${receiver === undefined ? '' : `R${receiver}`}${line === undefined ? '' : `L${line}`}${whose}[`;
}

export function contentText({ data, extended, timestamp }: Dc09Content): string {
  return `${data}]${extended.map((part) => `[${part}]`).join('')}${timestamp === undefined ? '' : timestampText(timestamp)}`;
}

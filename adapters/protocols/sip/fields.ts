/** Header values that transactions and dialogs go by, as values. Each is undefined where it is missing or cannot be read. */
import { headerOf, headersOf, type SipHeader, type SipMessage, type SipResponse } from './message.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { splitList } from './parameters.ts';
import { parseVia, type Via } from './via.ts';

type Headed = { readonly headers: readonly SipHeader[] };

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** RFC 3261 §8.1.1.5: below 2^31. */
const mostSequence = 2 ** 31 - 1;
/** RFC 3261 §20.19: below 2^32. */
const mostExpires = 2 ** 32 - 1;

export function cseqOf(message: Headed): CSeq | undefined {
  const match = /^0*(\d{1,10})\s+(\S+)$/.exec(headerOf(message, 'CSeq') ?? '');
  const number = Number(match?.[1]);
  return match?.[2] !== undefined && number <= mostSequence ? { number, method: match[2] } : undefined;
}

export const fromOf = (message: Headed): NameAddr | undefined => parseNameAddr(headerOf(message, 'From') ?? '');
export const toOf = (message: Headed): NameAddr | undefined => parseNameAddr(headerOf(message, 'To') ?? '');
export const callIdOf = (message: Headed): string => headerOf(message, 'Call-ID') ?? '';
/** '' where there is none. */
export const tagOf = (address: NameAddr | undefined): string => address?.parameters.get('tag') ?? '';

/** In order, the topmost first, as they are written. */
export const viasOf = (message: Headed): string[] => headersOf(message, 'Via').flatMap(splitList);

export function topViaOf(message: Headed): Via | undefined {
  return parseVia(viasOf(message)[0] ?? '');
}

/** Addresses of Contact; `*` and what cannot be read are left out. */
export function contactsOf(message: Headed): NameAddr[] {
  return headersOf(message, 'Contact')
    .flatMap(splitList)
    .flatMap((text) => parseNameAddr(text) ?? []);
}

export const routesOf = (message: Headed, name: 'Route' | 'Record-Route'): string[] => headersOf(message, name).flatMap(splitList);

/** Seconds of the Expires header. */
export function expiresOf(message: Headed): number | undefined {
  return seconds(headerOf(message, 'Expires'));
}

/** Seconds that a registrar grants: of our Contact where it says so (RFC 3261 §10.2.4), else of the message. */
export function grantedExpires(response: SipResponse): number | undefined {
  const [contact] = contactsOf(response);
  return seconds(contact?.parameters.get('expires')) ?? expiresOf(response);
}

function seconds(text: string | undefined): number | undefined {
  const match = /^\s*(\d{1,10})\b/.exec(text ?? '');
  return match ? Math.min(Number(match[1]), mostExpires) : undefined;
}

/** Media type in lower case, without parameters: `application/manscdp+xml`. Platforms write it in any case (gb28181 §3.6). */
export function contentTypeOf(message: Headed): string {
  return (headerOf(message, 'Content-Type') ?? '').split(';')[0]!.trim().toLowerCase();
}

/** Where the far side saw our request come from (RFC 3581): another address than before means that a NAT has changed its mind. */
export function seenAs(response: SipMessage): { readonly address: string; readonly port: number | undefined } | undefined {
  const via = topViaOf(response);
  const address = via?.parameters.get('received');
  const port = Number(via?.parameters.get('rport') || Number.NaN);
  if (!via || (address === undefined && Number.isNaN(port))) return undefined;
  return { address: address ?? via.host, port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined };
}

/** From, To, Contact, Route: an address with a name in front and parameters behind (RFC 3261 §20.10). */
import { endOfQuoted, type Parameters, parseParameters, quoted, unquoted, writeParameters } from './parameters.ts';

export interface NameAddr {
  readonly display: string;
  /** As it is written, of any scheme. */
  readonly uri: string;
  /** Of the header, not of the URI: `tag`, `expires`, `q` … */
  readonly parameters: Parameters;
}

/** Undefined where it cannot be read. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = text.trim();
  const named = trimmed.startsWith('"') ? endOfQuoted(trimmed, 0) : 0;
  if (named < 0) return undefined;
  const open = trimmed.indexOf('<', named);
  // Without brackets everything from the first semicolon on belongs to the header (§20.10).
  if (open < 0) return named > 0 ? undefined : checked('', ...cut(trimmed, trimmed.indexOf(';')));
  const close = trimmed.indexOf('>', open);
  if (close < 0) return undefined;
  return checked(unquoted(trimmed.slice(0, open).trim()), trimmed.slice(open + 1, close), trimmed.slice(close + 1));
}

/** The brackets are always written: without them a URI's own parameters would become the header's. */
export function writeNameAddr(address: { readonly display?: string; readonly uri: string; readonly parameters?: Parameters }): string {
  const name = address.display ? `${quoted(address.display)} ` : '';
  return `${name}<${address.uri}>${address.parameters ? writeParameters(address.parameters) : ''}`;
}

function cut(text: string, at: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}

function checked(display: string, uri: string, tail: string): NameAddr | undefined {
  const address = uri.trim();
  const parameters = parseParameters(tail);
  return parameters && /^[a-z][\w+.-]*:[^\s<>]+$/i.test(address) ? { display, uri: address, parameters } : undefined;
}

/** `;name=value` and comma lists in SIP headers (RFC 3261 §7.3.1, §25.1). */

/** Name in lower case → value without its quotes; '' for a flag such as `;rport`. */
export type Parameters = ReadonlyMap<string, string>;

/** `text` begins with `;` or is empty. Undefined where it cannot be read. The first of two with one name counts. */
export function parseParameters(text: string): Parameters | undefined {
  const parameters = new Map<string, string>();
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) return parameters;
    if (text[at] !== ';') return undefined;
    const start = skipSpace(text, at + 1);
    at = start;
    while (at < text.length && text[at] !== ';' && text[at] !== '=') at += 1;
    const name = text.slice(start, at).trim().toLowerCase();
    let value = '';
    if (text[at] === '=') {
      const from = skipSpace(text, at + 1);
      at = text[from] === '"' ? endOfQuoted(text, from) : endOfBare(text, from);
      if (at < 0) return undefined;
      value = unquoted(text.slice(from, at).trim());
    }
    if (name !== '' && !parameters.has(name)) parameters.set(name, value);
  }
}

export function writeParameters(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of parameters) text += value === '' ? `;${name}` : `;${name}=${isToken(value) ? value : quoted(value)}`;
  return text;
}

/** The members of a comma list; commas in quotes and in angle brackets separate nothing. */
export function splitList(text: string): string[] {
  const members: string[] = [];
  let start = 0;
  let bracketed = false;
  let closing = true;
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at];
    if (character === '"' && closing) {
      const end = endOfQuoted(text, at);
      // A quote that nobody closes is a character like any other, and so is every one behind it: to look for the end of each took 300 ms for 16 KiB.
      if (end > 0) at = end - 1;
      else closing = false;
    } else if (character === '<') bracketed = true;
    else if (character === '>') bracketed = false;
    else if (character === undefined || (character === ',' && !bracketed)) {
      const member = text.slice(start, at).trim();
      if (member !== '') members.push(member);
      start = at + 1;
    }
  }
  return members;
}

/** Index behind the quoted string that begins at `at`; -1: it never ends. */
export function endOfQuoted(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  return -1;
}

export function unquoted(text: string): string {
  return text.length >= 2 && text[0] === '"' ? text.slice(1, -1).replaceAll(/\\([\s\S])/g, '$1') : text;
}

export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** Also what stands in Via and URI parameters without quotes: hosts, with an IPv6 address in brackets. */
const isToken = (text: string): boolean => /^[\w\-.!%*+`'~:[\]/$&]+$/.test(text);

function endOfBare(text: string, at: number): number {
  const end = text.indexOf(';', at);
  return end < 0 ? text.length : end;
}

function skipSpace(text: string, at: number): number {
  let index = at;
  while (text[index] === ' ' || text[index] === '\t') index += 1;
  return index;
}

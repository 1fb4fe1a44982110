/**
 * The encrypted form: AES in CBC mode with an initial vector of zeros, begun anew for each message; what is in the brackets and after them is
 * `padding | data ] extended timestamp`, in blocks of 16 (SIA DC-09 §5.4). The padding never holds `|`, `[` or `]`; where there is no data there
 * is no `|` either. AES proves nothing of the sender but that it knows the key: the timestamp must be in the window, and the text must read.
 */
import { createCipheriv, createDecipheriv, randomInt } from 'node:crypto';
import { ProtocolError } from '../protocol-error.ts';
import { contentText, type Dc09Content, readContent } from './message.ts';

/** 16, 24 or 32 bytes. */
export type Dc09Key = Uint8Array;

/** Makes the padding of so many characters. */
export type Padding = (length: number) => string;

const block = 16;
/** Three known implementations differ in how much they pad. */
const mostPadding = 17;
/** None of them ends the padding. */
const printable = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).filter((character) => !'[]|'.includes(character));
const zeros = Buffer.alloc(block);
const names: ReadonlyMap<number, string> = new Map([
  [16, 'aes-128-cbc'],
  [24, 'aes-192-cbc'],
  [32, 'aes-256-cbc'],
]);

/**
 * A key as people write it: 32, 48 or 64 hexadecimal digits, or 16, 24 or 32 other characters of ASCII. `ascii:` or `hex:` before it says which where
 * it could be either (32 characters that all happen to be hexadecimal are taken for digits). Undefined where it is neither.
 */
export function readKey(text: string): Dc09Key | undefined {
  const [, kind, key = ''] = /^(?:(ascii|hex):)?(.*)$/s.exec(text) ?? [];
  if (kind !== 'ascii' && /^[0-9a-f]*$/i.test(key) && [32, 48, 64].includes(key.length)) return Buffer.from(key, 'hex');
  return kind !== 'hex' && /^[\x20-\x7e]*$/.test(key) && names.has(key.length) ? Buffer.from(key, 'latin1') : undefined;
}

export const randomPadding: Padding = (length) => Array.from({ length }, () => printable[randomInt(printable.length)]).join('');

/** Upper-case hexadecimal digits. */
export function seal(content: Dc09Content, key: Dc09Key, padding: Padding): string {
  const clear = content.data === '' && content.extended.length === 0 ? contentText(content) : `|${contentText(content)}`;
  // Never without: where there is none, equal messages begin with equal blocks.
  const padded = padding(block - (clear.length % block)) + clear;
  const cipher = createCipheriv(nameOf(key), key, zeros).setAutoPadding(false);
  return Buffer.concat([cipher.update(padded, 'latin1'), cipher.final()])
    .toString('hex')
    .toUpperCase();
}

/** Throws ProtocolError where the digits are no blocks, or this is not the key: an encrypted message without a timestamp is none. */
export function unseal(digits: string, key: Dc09Key): Dc09Content {
  // Some senders close the bracket all the same.
  const bare = digits.replace(/\]\s*$/, '');
  if (bare.length === 0 || bare.length % (2 * block) !== 0 || !/^[0-9A-Fa-f]+$/.test(bare)) {
    throw new ProtocolError('blocks of 32 hexadecimal digits', JSON.stringify(digits.slice(0, 60)), 'encrypted data');
  }
  const cipher = createDecipheriv(nameOf(key), key, zeros).setAutoPadding(false);
  const clear = Buffer.concat([cipher.update(bare, 'hex'), cipher.final()]).toString('latin1');
  const start = contentStart(clear);
  if (start === undefined) throw new ProtocolError('text after the padding', 'other bytes: another key', 'encrypted data');
  // Some libraries pad behind as well (PKCS #7), unasked: up to 16 bytes that are no text.
  const content = readContent(clear.slice(start).replace(/\p{Cc}{1,16}$/u, ''));
  if (content.timestamp === undefined) throw new ProtocolError('a timestamp', 'none', 'encrypted data');
  return content;
}

function contentStart(clear: string): number | undefined {
  // Padding of makers who let brackets into it: the account, which mostly follows, tells where it ends.
  const account = /^.{0,17}?\|(?=#[0-9A-Za-z]{1,16}\|)/s.exec(clear);
  if (account) return account[0].length;
  const bar = clear.indexOf('|');
  const bracket = clear.indexOf(']');
  if (bar >= 0 && bar <= mostPadding && (bracket < 0 || bar < bracket)) return bar + 1;
  return bracket >= 0 && bracket <= mostPadding ? bracket : undefined;
}

function nameOf(key: Dc09Key): string {
  const name = names.get(key.byteLength);
  if (name === undefined) throw new TypeError(`A key of ${key.byteLength} bytes fits no AES.`);
  return name;
}

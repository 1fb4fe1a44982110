/** A frame of SIA DC-09: LF, CRC and length as four hexadecimal digits each, body, CR. */
import { ProtocolError } from '../protocol-error.ts';
import { type Dc09Key, type Padding, randomPadding, seal, unseal } from './cipher.ts';
import { crcOf } from './crc.ts';
import { contentText, type Dc09Content, type Dc09Header, type Dc09Message, headerText, readContent, readHeader } from './message.ts';

/** The length field is `0` and three hexadecimal digits. */
export const mostBody = 0xfff;
const headLength = 8;

export interface Dc09Frame extends Dc09Header {
  readonly crc: number;
  /** After the opening bracket, as it came. */
  readonly rest: string;
}

/**
 * Reads what stands between LF and CR. Throws ProtocolError where CRC or length are wrong, or no header can be read: then nobody is answered, and the
 * sender tries again. Some makers write the length in decimal; where the CRC is right, that is taken.
 */
export function readFrame(line: Uint8Array): Dc09Frame {
  if (line.byteLength > mostBody + headLength) {
    throw new ProtocolError(`at most ${mostBody + headLength} bytes`, `${line.byteLength} bytes`, 'frame');
  }
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1');
  const [, crcText = '', lengthText = ''] = /^([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})"/.exec(text) ?? [];
  if (crcText === '') throw new ProtocolError('CRC, length and "', JSON.stringify(text.slice(0, 20)), 'frame');
  const crc = Number.parseInt(crcText, 16);
  const body = line.subarray(headLength);
  if (crcOf(body) !== crc) throw new ProtocolError(`CRC ${hex(crcOf(body))}`, crcText, 'frame');
  if (Number.parseInt(lengthText, 16) !== body.byteLength && Number(lengthText) !== body.byteLength) {
    throw new ProtocolError(`length 0${body.byteLength.toString(16).toUpperCase()}`, lengthText, 'frame');
  }
  const { header, length } = readHeader(text.slice(headLength));
  return { ...header, crc, rest: text.slice(headLength + length) };
}

/** Throws ProtocolError where it cannot be read, and where it is encrypted and this is not the key. */
export function contentOf(frame: Dc09Frame, key?: Dc09Key): Dc09Content {
  if (!frame.encrypted) return readContent(frame.rest);
  if (key === undefined) throw new ProtocolError('a key', 'none', 'encrypted data');
  return unseal(frame.rest, key);
}

/** With LF and CR. Throws TypeError where an encrypted message is given no key, or the message is too long: that is ours to know. */
export function writeFrame(message: Dc09Message, key?: Dc09Key, padding: Padding = randomPadding): Buffer {
  if (message.encrypted && key === undefined) throw new TypeError('An encrypted message needs a key.');
  const body = Buffer.from(bodyText(message, key, padding), 'latin1');
  if (body.byteLength > mostBody) throw new TypeError(`A body of ${body.byteLength} bytes does not fit a frame.`);
  const head = `\n${hex(crcOf(body))}${hex(body.byteLength)}`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body, Buffer.from('\r', 'latin1')]);
}

function bodyText(message: Dc09Message, key: Dc09Key | undefined, padding: Padding): string {
  return headerText(message) + (message.encrypted && key ? seal(message, key, padding) : contentText(message));
}

function hex(number: number): string {
  return number.toString(16).toUpperCase().padStart(4, '0');
}

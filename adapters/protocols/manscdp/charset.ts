/**
 * The charsets of MANSCDP bodies: GB2312 (2016 edition) and GB18030 (2022), which holds GB2312 and all of Unicode; UTF-8 where a platform insists.
 * Node decodes GB18030 but does not encode it: the table is what its decoder says, turned round.
 */
import { declaredCharset } from '../xml.ts';

/** As it stands in the XML declaration. */
export type ManscdpCharset = 'GB2312' | 'GB18030' | 'UTF-8';

const unknown = 0x3f;

/**
 * Text of a body, whatever it says of itself, since many declare one charset and send the other. UTF-8 where the bytes are that, and either declared so
 * or with a character of three bytes, as Chinese has: GB text passes for UTF-8 of two bytes now and then ("学校" does). Else GB18030. Never throws:
 * bytes that mean nothing become U+FFFD.
 */
export function decodeManscdp(bytes: Uint8Array): string {
  const likely = /^utf-?8$/i.test(declaredCharset(bytes) ?? '') || bytes.some((byte) => byte >= 0xe0);
  if (likely) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      // The other one then.
    }
  }
  return new TextDecoder('gb18030').decode(bytes);
}

/** GB2312 is written as GB18030: the same bytes for every character that GB2312 has. What no charset can say, half a surrogate pair, becomes "?". */
export function encodeManscdp(text: string, charset: ManscdpCharset): Buffer {
  return charset === 'UTF-8' ? Buffer.from(text, 'utf8') : encodeGb18030(text);
}

function encodeGb18030(text: string): Buffer {
  // One UTF-16 unit takes two bytes, or one, or four.
  const bytes = Buffer.allocUnsafe(4 * text.length);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.codePointAt(index)!;
    if (code < 0x80) {
      bytes[length] = code;
      length += 1;
      continue;
    }
    if (code > 0xffff) index += 1;
    const encoded = code > 0xffff ? fourBytes(supplementaryPointer + code - 0x10000) : basicPlane()[code]!;
    if (encoded === 0) {
      bytes[length] = unknown;
      length += 1;
    } else if (encoded <= 0xffff) length = bytes.writeUInt16BE(encoded, length);
    else length = bytes.writeUInt32BE(encoded, length);
  }
  return bytes.subarray(0, length);
}

/** GB 18030 §6: four bytes count 81308130, 81308131 … 81308139, 81308230 … in steps of 10, 126 and 10; U+10000 is 90308130. */
const supplementaryPointer = 189_000;
const basicPointers = 39_420;

function fourBytes(pointer: number): number {
  const last = 0x30 + (pointer % 10);
  const third = 0x81 + (Math.floor(pointer / 10) % 126);
  const second = 0x30 + (Math.floor(pointer / 1_260) % 10);
  const first = 0x81 + Math.floor(pointer / 12_600);
  return ((first << 24) | (second << 16) | (third << 8) | last) >>> 0;
}

let table: Uint32Array | undefined;

/** By code point: the two or four bytes as a number, 0 where there are none. Made once, when it is first needed: some 20 ms. */
function basicPlane(): Uint32Array {
  table ??= madeTable();
  return table;
}

function madeTable(): Uint32Array {
  const pairs: number[] = [];
  for (let lead = 0x81; lead <= 0xfe; lead += 1) for (let trail = 0x40; trail <= 0xfe; trail += 1) pairs.push((lead << 8) | trail);
  const quads = Array.from({ length: basicPointers }, (_, pointer) => fourBytes(pointer));
  const made = new Uint32Array(0x10000);
  learn(made, pairs, 2);
  learn(made, quads, 4);
  return made;
}

/** Decodes all at once, a line each: whatever is wrong with one ends at the end of its line. */
function learn(made: Uint32Array, codes: readonly number[], width: 2 | 4): void {
  const bytes = Buffer.alloc(codes.length * (width + 1), '\n');
  codes.forEach((encoded, index) => {
    bytes.writeUIntBE(encoded, index * (width + 1), width);
  });
  const lines = new TextDecoder('gb18030').decode(bytes).split('\n');
  codes.forEach((encoded, index) => {
    const line = lines[index]!;
    const code = line.charCodeAt(0);
    if (line.length === 1 && code >= 0x80 && code !== 0xfffd && made[code] === 0) made[code] = encoded;
  });
}

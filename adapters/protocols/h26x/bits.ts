/** Reads bits of a raw byte sequence payload: emulation prevention bytes taken out first (ITU-T H.264 §7.3.1, §9.1; the same in H.265). */
import { ProtocolError } from '../protocol-error.ts';

export function withoutEmulation(nal: Uint8Array): Uint8Array {
  const raw = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    raw[length] = byte;
    length += 1;
  }
  return raw.subarray(0, length);
}

export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new ProtocolError('more bits', 'the end', `bit ${this.#at}`);
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  /** Up to 53 bits. */
  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) value = value * 2 + this.bit();
    return value;
  }

  /** Past the end too: then the next bit throws. */
  skip(count: number): void {
    this.#at += count;
  }

  /** Unsigned Exp-Golomb (§9.1). */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 31) throw new ProtocolError('an Exp-Golomb code of at most 32 bits', 'more', `bit ${this.#at}`);
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Several codes whose values nobody needs. */
  skipUnsigned(count: number): void {
    for (let index = 0; index < count; index += 1) this.unsigned();
  }

  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

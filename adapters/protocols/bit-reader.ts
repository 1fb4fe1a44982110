/** Reads bits, the highest of a byte first, as the codecs of ITU-T and MPEG write them. */
import { ProtocolError } from './protocol-error.ts';

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

  /** Unsigned Exp-Golomb (ITU-T H.264 §9.1). */
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

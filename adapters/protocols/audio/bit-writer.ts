/** Writes bits into bytes, the highest first. */
export class BitWriter {
  readonly #bytes: Buffer;
  #length = 0;
  #held = 0;
  #heldBits = 0;

  /** `room`: bytes at most. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** Up to 24 bits; negative numbers in two's complement. */
  write(value: number, count: number): void {
    this.#held = (this.#held << count) | (value & ((1 << count) - 1));
    this.#heldBits += count;
    while (this.#heldBits >= 8) {
      this.#heldBits -= 8;
      this.#bytes[this.#length] = this.#held >> this.#heldBits;
      this.#length += 1;
    }
  }

  /** `count` zeros, then a one. */
  unary(count: number): void {
    let zeros = count;
    for (; zeros > 20; zeros -= 20) this.write(0, 20);
    this.write(1, zeros + 1);
  }

  /** Zeros up to the next whole byte. */
  align(): void {
    if (this.#heldBits > 0) this.write(0, 8 - this.#heldBits);
  }

  /** The whole bytes so far; shared. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

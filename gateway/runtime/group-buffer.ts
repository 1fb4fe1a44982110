/**
 * Bytes that are kept until the next group begins, copied side by side into one buffer that every group uses again. Kept as they came, the last
 * seconds of every stream would each grow old in V8's heap, and all of that heap has to be collected before their bytes are given back.
 */
export class GroupBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #lent = false;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length, leastBytes));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
      this.#lent = false;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  /** What was appended there; it stays as it is for whoever holds it. */
  lend(start: number, end: number): Buffer {
    this.#lent = true;
    return this.#bytes.subarray(start, end);
  }

  clear(): void {
    // Somebody may still read what was lent: it is left to them.
    if (this.#lent || this.#length < this.#bytes.length / 8) this.#bytes = Buffer.alloc(0);
    this.#lent = false;
    this.#length = 0;
  }
}

const leastBytes = 64 * 1024;

/** A dozen pictures of most cameras: little is left over at the end of a group, and of each page. */
const pageBytes = 128 * 1024;

/** Bytes that come one after the other and end together: in pages that are used again, since V8 counts what is taken anew (docs/adr/0021). */
export class Pages {
  #pages: Buffer[] = [];
  /** Of the page that is being filled, from 0. */
  #page = 0;
  #filled = 0;
  /** Of the first page, so much is left to others. */
  #left = 0;
  #lent = false;
  length = 0;

  /** Room for so many bytes, side by side, until `clear`. */
  take(bytes: number): Buffer {
    while ((this.#pages[this.#page]?.length ?? Number.POSITIVE_INFINITY) - this.#filled < bytes) this.#turn();
    this.#pages[this.#page] ??= Buffer.allocUnsafeSlow(Math.max(pageBytes, bytes));
    const start = this.#filled;
    this.#filled += bytes;
    this.length += bytes;
    return this.#pages[this.#page]!.subarray(start, this.#filled);
  }

  /** What was taken so far is left to whoever has it. */
  lend(): void {
    this.#lent = true;
  }

  /** All that was taken and not lent is free. */
  clear(): void {
    // What the last group did not need, the next one hardly will.
    this.#pages.length = Math.min(this.#pages.length, this.#page + 1);
    if (this.#lent) {
      // What is free of the last page serves on: else a recorded camera that sends keyframes only would hold a page for each of them.
      this.#pages.splice(0, this.#page);
      this.#left = this.#filled;
    }
    this.#lent = false;
    this.#page = 0;
    this.#filled = this.#left;
    this.length = 0;
  }

  #turn(): void {
    this.#page += 1;
    this.#filled = 0;
  }
}

/** A bounded queue between somebody who pushes and somebody who iterates. */
export class Mailbox<Item> {
  readonly #items: Item[] = [];
  readonly #capacity: number;
  readonly #waiting: (() => void)[] = [];
  #dropped = 0;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#items.length;
  }

  /** False when it was full: the item was not taken. */
  push(item: Item): boolean {
    if (this.#items.length >= this.#capacity) {
      this.#dropped += 1;
      return false;
    }
    this.#items.push(item);
    this.#waiting.shift()?.();
    return true;
  }

  /** Every item, in order, until aborted. One reader at a time. */
  async *take(signal: AbortSignal): AsyncGenerator<Item, void, void> {
    while (!signal.aborted) {
      if (this.#items.length > 0) {
        yield this.#items.shift() as Item;
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener('abort', wake);
          const place = this.#waiting.indexOf(wake);
          if (place >= 0) this.#waiting.splice(place, 1);
          resolve();
        };
        this.#waiting.push(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}

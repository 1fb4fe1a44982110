/**
 * What has come of a stream since its last keyframe: what somebody who joins now must see first. The bytes lie side by side in pages that every
 * group uses again. Kept as they came, the last seconds of every stream would each grow old in V8's heap, and all of that heap has to be
 * collected before such bytes are given back (docs/adr/0021).
 */
export interface PictureGroupOptions<Item> {
  /** A group of more bytes is not kept: who joins waits for the next keyframe. */
  readonly most: number;
  /** Does somebody still hold bytes of what has been kept? Asked when the group ends: then they are left to him. */
  readonly owed?: () => boolean;
  readonly bytesOf: (item: Item) => Uint8Array;
  readonly withBytes: (item: Item, bytes: Buffer) => Item;
}

export class PictureGroup<Item extends { readonly keyframe: boolean }> {
  readonly #options: PictureGroupOptions<Item>;
  readonly #pages = new UsedAgain();
  #items: Item[] = [];

  constructor(options: PictureGroupOptions<Item>) {
    this.#options = options;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  get bytes(): number {
    return this.#pages.length;
  }

  /** Returns the item with its own bytes, which stay as they are until the group ends, and for as long as somebody is owed them. Undefined: not kept. */
  push(item: Item): Item | undefined {
    const { most, bytesOf, withBytes } = this.#options;
    if (item.keyframe) this.clear();
    else if (this.#items.length === 0) return undefined;
    const bytes = bytesOf(item);
    // Half a group is of no use: drop it whole, and start again with the next keyframe.
    if (this.#pages.length + bytes.length > most) {
      this.clear();
      return undefined;
    }
    const kept = withBytes(item, this.#pages.append(bytes));
    this.#items.push(kept);
    return kept;
  }

  /** Somebody reads this group on after its end. */
  lend(): void {
    this.#pages.lend();
  }

  clear(): void {
    if (this.#items.length === 0) return;
    if (this.#options.owed?.()) this.#pages.lend();
    this.#items = [];
    this.#pages.clear();
  }
}

/** A dozen pictures of most cameras: little is left over at the end of a group, and of each page. */
const pageBytes = 128 * 1024;

class UsedAgain {
  #pages: Buffer[] = [];
  /** Of the page that is being filled, from 0. */
  #page = 0;
  #filled = 0;
  /** Of the first page, so much is left to others. */
  #left = 0;
  #lent = false;
  length = 0;

  append(bytes: Uint8Array): Buffer {
    while ((this.#pages[this.#page]?.length ?? Number.POSITIVE_INFINITY) - this.#filled < bytes.length) this.#turn();
    this.#pages[this.#page] ??= Buffer.allocUnsafeSlow(Math.max(pageBytes, bytes.length));
    const start = this.#filled;
    this.#filled += bytes.length;
    this.length += bytes.length;
    const kept = this.#pages[this.#page]!.subarray(start, this.#filled);
    kept.set(bytes);
    return kept;
  }

  lend(): void {
    this.#lent = true;
  }

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

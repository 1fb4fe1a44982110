/**
 * What has come of a stream since its last keyframe: what somebody who joins now must see first. The bytes lie side by side in pages that every
 * group uses again. Kept as they came, the last seconds of every stream would each grow old in V8's heap, and all of that heap has to be
 * collected before such bytes are given back (docs/adr/0021).
 */
import { Pages } from './pages.ts';

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
  readonly #pages = new Pages();
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
    const place = this.#pages.take(bytes.length);
    place.set(bytes);
    const kept = withBytes(item, place);
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

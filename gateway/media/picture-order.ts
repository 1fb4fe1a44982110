/** Finds out by their times whether a camera sends pictures in another order than they are shown in (B pictures). */

/** The most pictures that one can be sent out of its place (the DPB holds 16: H.264 §A.3.1, H.265 §A.4.2). */
const most = 16;
/** It happens again within so many pictures, or it was a clock that was set back. */
const soon = 32;

export class PictureOrder {
  /** Times of the pictures that were sent last. */
  readonly #sent: number[] = [];
  #latest = Number.NEGATIVE_INFINITY;
  /** Pictures since the latest one, all of them shown before it; and how many that are shown later were sent before one of them. */
  #run = 0;
  #depth = 0;
  #depthBefore = 0;
  #since = Number.POSITIVE_INFINITY;
  /** So many pictures that are shown later may be sent before a picture. */
  reordering = 0;

  /** True where it is more than was known. */
  sent(ticks: number): boolean {
    this.#since += 1;
    const grows = ticks >= this.#latest && this.#run > 0 && this.#end();
    if (ticks >= this.#latest) this.#latest = ticks;
    else {
      this.#run += 1;
      this.#depth = Math.max(this.#depth, this.#sent.filter((other) => other > ticks).length);
    }
    this.#sent.push(ticks);
    if (this.#sent.length > most) this.#sent.shift();
    return grows;
  }

  /** A picture is shown after all that were sent before. */
  #end(): boolean {
    const known = this.reordering;
    if (this.#run <= most) {
      if (this.#since <= soon) this.reordering = Math.max(known, this.#depth, this.#depthBefore);
      this.#depthBefore = this.#depth;
      this.#since = 0;
    }
    this.#run = 0;
    this.#depth = 0;
    return this.reordering > known;
  }
}

/**
 * Where packets lie between being made and being taken by the system: a place of their receiver that is used again, since V8 counts what is taken anew
 * (docs/adr/0021).
 */
const leastBytes = 16 * 1024;
/** A large keyframe. What is larger, as the group that a receiver begins with, gets a place of its own. */
const mostBytes = 256 * 1024;

export class SendPlace {
  #place: Buffer | undefined;
  #used = 0;

  /** Room for so many bytes, until `sent`. */
  readonly room = (bytes: number): Buffer => {
    if (this.#used + bytes > mostBytes) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > (this.#place?.length ?? 0))
      this.#place = Buffer.allocUnsafeSlow(Math.min(mostBytes, Math.max(leastBytes, this.#used + 2 * bytes)));
    // After a change of place what was put into the old one stays there.
    const start = this.#used;
    this.#used += bytes;
    return this.#place!.subarray(start, this.#used);
  };

  /** What was put there was handed over. `whole`: the system has taken all of it; otherwise it is left to whoever sends the rest. */
  sent(whole: boolean): void {
    if (!whole) this.#place = undefined;
    this.#used = 0;
  }
}

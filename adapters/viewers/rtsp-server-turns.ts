/**
 * In which order viewers are answered. After a power cut all of a wall comes back at once: served side by side, nobody would see a picture before
 * the last one has signed in. So those go first that have least left to ask, and running streams get their turn in between.
 */

/** Requests that are answered before the sockets are looked at again. */
const atOnce = 4;
/** Requests of a viewer until it plays, and some to spare. Who asks on is in no hurry. */
const stages = 8;

export class Turns {
  /** By how many requests the viewer has made before. */
  readonly #waiting: readonly (() => void)[][] = Array.from({ length: stages }, () => []);
  #due = false;

  /** `asked`: how many requests of that viewer were answered before. */
  take(asked: number, answer: () => void): void {
    this.#waiting[asked < stages ? asked : 0]!.push(answer);
    this.#wait();
  }

  #wait(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#answer();
    });
  }

  #answer(): void {
    for (let left = atOnce; left > 0; left -= 1) {
      const first = this.#waiting.findLast(({ length }) => length > 0);
      if (!first) return;
      first.shift()!();
    }
    this.#wait();
  }
}

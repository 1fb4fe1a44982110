/** What all recordings together hold of pictures that are not written yet. */
export class ClipMemory {
  held = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.held > this.#most;
  }
}

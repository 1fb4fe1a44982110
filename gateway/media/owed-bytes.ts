/** The byte budget of all viewers of the plane: when they owe more together, the one that owes most is closed first. */
import type { Viewer } from './fan-out.ts';

export class OwedBytes {
  readonly #most: number;
  readonly #viewers = new Set<Viewer>();
  #owed = 0;
  /** Viewers that were closed for it. */
  closed = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get owed(): number {
    return this.#owed;
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
  }

  remove(viewer: Viewer): void {
    if (this.#viewers.delete(viewer)) this.#owed -= viewer.owed;
  }

  change(bytes: number): void {
    this.#owed += bytes;
  }

  /** To be called when no fan-out is in the middle of a write. */
  keep(): void {
    while (this.#owed > this.#most) {
      let worst: Viewer | undefined;
      for (const viewer of this.#viewers) if (!worst || viewer.owed > worst.owed) worst = viewer;
      if (!worst || worst.owed === 0) return;
      this.closed += 1;
      worst.close('the gateway is short of memory, and this viewer owed most');
    }
  }
}

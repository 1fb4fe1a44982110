/** Lets only so many do something at once; the others wait their turn, first come, first served. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Give it back when it is done. */
  async take(): Promise<Disposable> {
    if (this.#taken >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        // Handed on as it is: nobody who comes now gets in between.
        const next = this.#waiting.shift();
        if (next) next();
        else this.#taken -= 1;
      },
    };
  }
}

/**
 * Owns what must be closed: the last opened is closed first, and one failure does not keep the rest open.
 * Node 20 has no AsyncDisposableStack; this is the part of it that we use.
 */
export class Scope implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  /** Takes over a resource and hands it back. */
  own<Resource extends AsyncDisposable | Disposable>(resource: Resource): Resource {
    this.#closers.push(() => (Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose]()));
    return resource;
  }

  /** Runs `close` when the scope ends. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Gives everything to a new scope; this one then closes nothing. For "all opened well, now return it". */
  release(): Scope {
    const heir = new Scope();
    heir.#closers.push(...this.#closers.splice(0));
    return heir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} resources did not close.`);
  }
}

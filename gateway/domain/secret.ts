/**
 * A value that must not be shown: a password, a key. It prints, logs and serialises as `[redacted]`;
 * only code that names `reveal()` sees the text, so a reviewer can find every such place.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]';
  }
}

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

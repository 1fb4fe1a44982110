/**
 * A value that must not be shown: a password, a key. It prints, logs and serialises as `[redacted]`;
 * only code that names `reveal()` sees the text, so a reviewer can find every such place.
 */
export class Secret {
  #text: string | Error;

  constructor(text: string) {
    this.#text = text;
  }

  /** A secret that is kept but cannot be read: whoever asks for it gets `failure` thrown, so that nothing goes on without it. */
  static unreadable(failure: Error): Secret {
    const secret = new Secret('');
    secret.#text = failure;
    return secret;
  }

  /** Throws SECRET_UNREADABLE, naming the item, where it was sealed by another box. */
  reveal(): string {
    if (this.#text instanceof Error) throw this.#text;
    return this.#text;
  }

  get readable(): boolean {
    return typeof this.#text === 'string';
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

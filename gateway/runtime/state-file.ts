/** One small JSON file of mode 0600, replaced as a whole; writes of one turn are joined into one. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { replaceFile } from './whole-file.ts';

export class StateFile<State> implements AsyncDisposable {
  readonly #file: string;
  readonly #schema: z.ZodType<State>;
  #pending: (() => State) | undefined;
  #writing: Promise<void> | undefined;

  constructor(file: string, schema: z.ZodType<State>) {
    this.#file = file;
    this.#schema = schema;
  }

  /** Undefined where there is none, or none that makes sense: whoever keeps one begins anew, safely. */
  async read(): Promise<State | undefined> {
    try {
      const parsed = this.#schema.safeParse(JSON.parse(await readFile(this.#file, 'utf8')));
      return parsed.success ? parsed.data : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Resolves once the state as it then is stands on the disk. */
  save(state: () => State): Promise<void> {
    this.#pending = state;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing?.catch(() => undefined); // whoever saved was told
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    while (this.#pending) {
      const state = this.#pending;
      this.#pending = undefined;
      await replaceFile(this.#file, JSON.stringify(state()), 0o600);
    }
  }
}

/**
 * Which codes the platform may know from us. Written down before they are told, and struck out once it knows that they are gone: neither an edit of the
 * settings nor a power cut makes us forget what it still shows. How each stands is not kept, since whoever subscribes is told all of it.
 */
import { z } from 'zod';
import type { Logger } from '../../../../gateway/domain/ports.ts';

export interface KnownCodesParts {
  /** Who is spoken to, and as whom: what another platform knows is of no use. */
  readonly platform: string;
  /** As it reads from JSON; undefined: nothing. */
  remembered(): Promise<unknown>;
  remember(facts: unknown): Promise<void>;
  readonly log: Logger;
}

const memory = z.object({ platform: z.string(), codes: z.array(z.string()) });

export class KnownCodes {
  readonly #parts: KnownCodesParts;
  readonly #codes = new Set<string>();
  #unwritten = false;

  private constructor(parts: KnownCodesParts) {
    this.#parts = parts;
  }

  /** Begins with none where nothing is remembered, or nothing can be read. */
  static async recall(parts: KnownCodesParts): Promise<KnownCodes> {
    const known = new KnownCodes(parts);
    try {
      const { data } = memory.safeParse(await parts.remembered());
      if (data?.platform === parts.platform) for (const code of data.codes) known.#codes.add(code);
    } catch (error) {
      parts.log.warn('what the platform knows cannot be read', { error });
    }
    return known;
  }

  /** Parents before children, as they were told. */
  get all(): readonly string[] {
    return [...this.#codes];
  }

  /** Resolves once they are on the disk, or cannot be written: a full disk keeps nobody from being told. */
  async add(codes: Iterable<string>): Promise<void> {
    const before = this.#codes.size;
    for (const code of codes) this.#codes.add(code);
    if (this.#codes.size > before) this.#unwritten = true;
    await this.save();
  }

  /** Until saved a power cut undoes it: then it is only told again. */
  strike(code: string): void {
    if (this.#codes.delete(code)) this.#unwritten = true;
  }

  async save(): Promise<void> {
    if (!this.#unwritten) return;
    this.#unwritten = false;
    const { platform, remember, log } = this.#parts;
    try {
      await remember({ platform, codes: this.all });
    } catch (error) {
      this.#unwritten = true;
      log.warn('what the platform knows cannot be written', { error });
    }
  }
}

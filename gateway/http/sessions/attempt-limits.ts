/**
 * Tries to sign in or to claim: 5 a minute for an account and 20 a minute for an address, and after repeated failures a wait that doubles.
 * An address that has signed in to an account before is counted apart, so that a stranger cannot lock its owner out.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { GatewayError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { StateFile } from '../../runtime/state-file.ts';

const record = z.object({
  /** `account …` is hashed: a typed password in the name field must not end up in a file. */
  key: z.string().max(100),
  /** Moments of the tries of the last minute. */
  tries: z.array(z.number()).max(100),
  failures: z.number(),
  lastAt: z.number(),
});
type Tries = z.output<typeof record>;

const attemptsFile = 'sign-in-attempts.json';
const window = minutes(1);
const perAccount = { tries: 5, free: 5, longest: minutes(1) };
const perAddress = { tries: 20, free: 20, longest: minutes(15) };
const forgetAfter = minutes(60);
const mostKeys = 5_000;

export class AttemptLimits implements AsyncDisposable {
  readonly #tries = new Map<string, Tries>();
  readonly #known = new Set<string>();
  readonly #file: StateFile<readonly Tries[]>;
  readonly #clock: Clock;

  private constructor(file: StateFile<readonly Tries[]>, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<AttemptLimits> {
    const file = new StateFile<readonly Tries[]>(join(folder, attemptsFile), z.array(record).max(mostKeys));
    const limits = new AttemptLimits(file, clock);
    for (const one of (await file.read()) ?? []) limits.#tries.set(one.key, one);
    return limits;
  }

  /** Counts a try before it is judged, so that many at once count too. Throws TOO_MANY_REQUESTS with the seconds to wait. */
  begin(account: string, address: string): void {
    const now = this.#clock.now();
    this.#forget();
    const checks = [
      { one: this.#of(this.#accountKey(account, address)), rule: perAccount },
      { one: this.#of(`address ${address}`), rule: perAddress },
    ];
    const wait = Math.max(
      ...checks.map(({ one, rule }) => {
        one.tries = one.tries.filter((at) => now - at < window && at <= now);
        const full = one.tries.length >= rule.tries ? one.tries[0]! + window - now : 0;
        const over = one.failures - rule.free;
        const grown = over < 0 ? 0 : Math.min(rule.longest, seconds(1) * 2 ** Math.min(over, 20));
        return Math.max(full, one.lastAt <= now ? one.lastAt + grown - now : 0);
      }),
    );
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1_000);
      throw new GatewayError('TOO_MANY_REQUESTS', `Too many tries: the next one is taken in ${retryAfter} s.`, { context: { retryAfter } });
    }
    for (const { one } of checks) {
      one.tries.push(now);
      one.failures += 1;
      one.lastAt = now;
    }
    this.#save();
  }

  succeeded(account: string, address: string): void {
    this.#tries.delete(this.#accountKey(account, address));
    const own = this.#tries.get(`address ${address}`);
    if (own) own.failures = Math.max(0, own.failures - 1);
    if (this.#known.size < mostKeys) this.#known.add(knownKey(account, address));
    this.#save();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  #accountKey(account: string, address: string): string {
    const key = knownKey(account, address);
    return this.#known.has(key) ? key : `account ${digest(account)}`;
  }

  #of(key: string): Tries {
    const found = this.#tries.get(key) ?? { key, tries: [], failures: 0, lastAt: 0 };
    this.#tries.set(key, found);
    return found;
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [key, one] of this.#tries) if (now - one.lastAt > forgetAfter) this.#tries.delete(key);
    // Full of strangers: the oldest go first; what remains of the address limit still holds each of them.
    for (const key of [...this.#tries.keys()].slice(0, Math.max(0, this.#tries.size + 2 - mostKeys))) this.#tries.delete(key);
  }

  #save(): void {
    // A limit that could not be stored still holds in memory: no reason to refuse the sign-in.
    this.#file.save(() => [...this.#tries.values()]).catch(() => undefined);
  }
}

function digest(account: string): string {
  return createHash('sha256').update(account.normalize('NFKC').toLowerCase()).digest('base64url').slice(0, 22);
}

function knownKey(account: string, address: string): string {
  return `known ${digest(account)} ${address}`;
}

/** Fuzzes one target: inputs that show something new are kept and bent further; each input is held to its limits. */
import { randomFrom } from '../support/measure-figures.ts';
import type { Atlas } from './coverage.ts';
import { chanceFrom, type Kit, mutate } from './mutators.ts';
import { Pool } from './pool.ts';
import { type FuzzTarget, usualLongest } from './target.ts';
import { type Failure, Trials } from './trials.ts';

export interface Outcome {
  readonly target: string;
  readonly executions: number;
  readonly millis: number;
  readonly branches: { readonly taken: number; readonly known: number };
  readonly corpus: readonly Uint8Array[];
  /** Of one input. */
  readonly slowestMillis: number;
  readonly heaviestBytes: number;
  readonly failures: readonly Failure[];
}

export interface Order {
  readonly runs: number;
  readonly seed: number;
  /** The committed corpus. */
  readonly corpus: readonly Uint8Array[];
}

/** `before` is told each input before it runs: what hangs or dies cannot tell any more. */
export function fuzz(target: FuzzTarget, order: Order, before: (input: Uint8Array) => void): Outcome {
  const started = performance.now();
  const trials = new Trials(target, before);
  const pool = new Pool();
  const take = (input: Uint8Array) => {
    const fresh = trials.run(input);
    if (fresh) pool.add(trials.trim(input, fresh), fresh);
  };
  take(new Uint8Array(0));
  for (const input of [...target.seeds(), ...order.corpus]) take(input);
  const kit = kitOf(target, order.seed, pool, trials.atlas);
  while (trials.executions < order.runs && !trials.enough) take(mutate(pool.choose(kit.chance), kit));
  return {
    target: target.name,
    executions: trials.executions,
    millis: performance.now() - started,
    branches: trials.atlas.branches(),
    corpus: pool.inputs,
    slowestMillis: trials.slowestMillis,
    heaviestBytes: trials.heaviestBytes,
    failures: trials.failures,
  };
}

/** One input alone, as often as it takes to be sure. */
export function retry(target: FuzzTarget, input: Uint8Array, before: (input: Uint8Array) => void): Outcome {
  const trials = new Trials(target, before);
  trials.run(input, false);
  const { executions, slowestMillis, heaviestBytes, failures } = trials;
  return {
    target: target.name,
    executions,
    millis: slowestMillis,
    branches: trials.atlas.branches(),
    corpus: [input],
    slowestMillis,
    heaviestBytes,
    failures,
  };
}

function kitOf(target: FuzzTarget, seed: number, pool: Pool, atlas: Atlas): Kit {
  let salted = seed;
  for (const letter of target.name) salted = Math.imul(salted ^ letter.charCodeAt(0), 0x01000193);
  const chance = chanceFrom(randomFrom(salted));
  return {
    chance,
    words: [...(target.words ?? []), ...atlas.words()].flatMap(bytesOf),
    other: () => pool.choose(chance),
    longest: target.longest ?? usualLongest,
    pieces: target.pieces ?? false,
  };
}

/** A number stands in a message as digits or as one, two or four bytes, the high one first. */
function bytesOf(word: string | number): Uint8Array[] {
  if (typeof word === 'string') return [Buffer.from(word)];
  const binary = Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
  return [Buffer.from(String(word)), binary.subarray(word < 0x100 ? 3 : word < 0x10000 ? 2 : 0)];
}

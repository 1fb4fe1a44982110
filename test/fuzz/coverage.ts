/** What the instrumented modules count, and which of it no input had shown before. */

/** What the preamble of an instrumented module calls, in the thread that runs it. */
export const registerName = 'campusGatewayFuzz';

interface CountedModule {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly words: readonly (string | number)[];
}

const room = 1 << 16;
const buckets = 32;
const counts = new Uint32Array(room);
const modules: CountedModule[] = [];
let used = 0;

/** Called by each instrumented module as it is loaded; returns its counters. */
function register(file: string, counters: number, words: readonly (string | number)[]): Uint32Array {
  const from = used;
  if (from + counters > room) throw new Error(`${file} does not fit into ${room} counters.`);
  used = from + counters;
  modules.push({ file, from, to: used, words });
  return counts.subarray(from, used);
}

/** To be called before anything instrumented is imported. */
export function openCounters(): void {
  Reflect.set(globalThis, registerName, register);
}

/**
 * How often, in steps that matter: once, twice, thrice, up to 7, up to 15, and so on without end. An input that makes a loop run twice as often
 * as any before is new: so those that take too long are found step by step.
 */
function bucketOf(count: number): number {
  return count < 4 ? count - 1 : 32 - Math.clz32(count);
}

/** A feature is a branch and a bucket. */
export const loopOf = (feature: number) => Math.floor(feature / buckets);
export const turnsOf = (feature: number) => feature % buckets;

export function clearCounts(): void {
  counts.fill(0, 0, used);
}

/** Remembers what inputs have shown: branches, each with how often it was taken. */
export class Atlas {
  /** For each branch a bit for each bucket. */
  readonly #seen = new Uint32Array(room);

  /** What the counts of the last input show that was never seen, as numbers; it counts as seen from now on. Undefined: nothing. */
  chart(): number[] | undefined {
    let fresh: number[] | undefined;
    for (let at = 0; at < used; at += 1) {
      const count = counts[at]!;
      if (count === 0) continue;
      const bucket = bucketOf(count);
      const seen = this.#seen[at]!;
      if ((seen & (1 << bucket)) !== 0) continue;
      this.#seen[at] = seen | (1 << bucket);
      fresh ??= [];
      fresh.push(at * buckets + bucket);
    }
    return fresh;
  }

  /** Branches taken so far, of those in the modules that were entered at all. */
  branches(): { readonly taken: number; readonly known: number } {
    const entered = this.#entered();
    const taken = entered.reduce((sum, { from, to }) => sum + this.#seen.subarray(from, to).filter((seen) => seen > 0).length, 0);
    return { taken, known: entered.reduce((sum, { from, to }) => sum + to - from, 0) };
  }

  /** Literals of the modules that were entered, in an order that does not depend on when they were loaded. */
  words(): (string | number)[] {
    const entered = this.#entered().toSorted((a, b) => (a.file < b.file ? -1 : 1));
    return [...new Set(entered.flatMap(({ words }) => words))];
  }

  #entered(): CountedModule[] {
    return modules.filter(({ from, to }) => this.#seen.subarray(from, to).some((seen) => seen > 0));
  }
}

/** Does the last input show all of these? */
export function shows(features: readonly number[]): boolean {
  return features.every((feature) => {
    const count = counts[loopOf(feature)]!;
    return count > 0 && bucketOf(count) === turnsOf(feature);
  });
}

/** Everything that the last input shows, as numbers. */
export function featuresOfLast(): number[] {
  const features: number[] = [];
  for (let at = 0; at < used; at += 1) if (counts[at]! > 0) features.push(at * buckets + bucketOf(counts[at]!));
  return features;
}

/** Runs inputs, one by one, and judges each: what it throws, how long it takes, how much it allocates, and what it shows that is new. */
import { Atlas, clearCounts, shows } from './coverage.ts';
import { type Cost, costOf, leastBytes, leastMillis, mostBytes, mostMillis } from './limits.ts';
import { minimise } from './minimise.ts';
import { allowed, BrokenPromise, type FuzzTarget } from './target.ts';

export type FailureKind = 'throws' | 'slow' | 'memory' | 'hangs' | 'dies';

export interface Failure {
  readonly kind: FailureKind;
  readonly what: string;
  readonly input: Uint8Array;
}

/** Enough to see what is wrong; a parser with more is fixed before it is fuzzed again. */
const mostFailures = 5;
const mostTrims = 40;
/** Those of a costly input take long themselves. */
const mostCostlyTrims = 200;
/** An input that is made smaller stays this much above its limit: it must fail the next time too. */
const margin = 1.5;
const toldFrames = 6;
const doubtfulBytes = 1024 * 1024;

export class Trials {
  readonly atlas = new Atlas();
  readonly failures: Failure[] = [];
  executions = 0;
  slowestMillis = 0;
  heaviestBytes = 0;
  readonly #target: FuzzTarget;
  readonly #before: (input: Uint8Array) => void;
  readonly #known = new Set<string>();

  constructor(target: FuzzTarget, before: (input: Uint8Array) => void) {
    this.#target = target;
    this.#before = before;
  }

  /** One that takes long is found again and again, and each time takes long. */
  get enough(): boolean {
    return this.failures.length >= mostFailures || this.failures.some(({ kind }) => kind !== 'throws');
  }

  /** What a harmless input showed that is new. */
  run(input: Uint8Array, shrink = true): readonly number[] | undefined {
    this.executions += 1;
    clearCounts();
    let error: unknown;
    const cost = costOf(() => {
      error = this.#attempt(input);
    });
    const fresh = this.atlas.chart();
    if (error !== undefined) {
      const kind = signatureOf(error);
      if (this.#known.has(kind)) return undefined;
      this.#known.add(kind);
      const smallest = shrink ? minimise(input, (smaller) => signatureOf(this.#attempt(smaller)) === kind) : input;
      this.failures.push({ kind: 'throws', what: described(this.#attempt(smallest, toldFrames)), input: smallest });
      return undefined;
    }
    const failure = this.#judge(input, cost, shrink);
    if (!failure) return fresh;
    this.failures.push(failure);
    return undefined;
  }

  /** Shorter inputs are faster, and the next mutation is likelier to hit what matters. */
  trim(input: Uint8Array, fresh: readonly number[]): Uint8Array {
    return minimise(
      input,
      (shorter) => {
        clearCounts();
        return this.#attempt(shorter) === undefined && shows(fresh);
      },
      mostTrims,
    );
  }

  /** What the target threw although it may not; undefined where all is well. */
  #attempt(input: Uint8Array, stackDepth = 0): unknown {
    this.#before(input);
    // Parsers throw at every other input; a trace of each would take longer than the parsing.
    Error.stackTraceLimit = stackDepth;
    try {
      this.#target.run(input);
      return undefined;
    } catch (error) {
      return allowed(this.#target, error) ? undefined : (error ?? new Error('it threw nothing at all'));
    }
  }

  #judge(input: Uint8Array, cost: Cost, shrink: boolean): Failure | undefined {
    const trial = (of: Uint8Array) => () => void this.#attempt(of);
    if (cost.bytes > this.heaviestBytes || cost.bytes < 0) {
      const bytes = weigh(cost, trial(input));
      this.heaviestBytes = Math.max(this.heaviestBytes, bytes);
      const heavy = (smaller: Uint8Array) => weigh(costOf(trial(smaller)), trial(smaller)) > mostBytes * margin;
      if (bytes > mostBytes) {
        return {
          kind: 'memory',
          what: `it allocated ${(bytes / 2 ** 20).toFixed(1)} MiB`,
          input: shrink ? minimise(input, heavy, mostCostlyTrims) : input,
        };
      }
    }
    if (cost.millis > this.slowestMillis) {
      const millis = leastMillis(cost, trial(input));
      this.slowestMillis = Math.max(this.slowestMillis, millis);
      const slow = (smaller: Uint8Array) => leastMillis(costOf(trial(smaller)), trial(smaller)) > mostMillis * margin;
      if (millis > mostMillis) {
        const what = `it took ${millis.toFixed(1)} ms of computing, at the least of four times`;
        return { kind: 'slow', what, input: shrink ? minimise(input, slow, mostCostlyTrims) : input };
      }
    }
    return undefined;
  }
}

/**
 * A large figure may be the work of the compiler: it is believed when it comes again. A negative one is a collection, and right after one the next
 * is far: one more run mostly tells, without a collection of our own.
 */
function weigh(cost: Cost, trial: () => void): number {
  if (cost.bytes >= 0 && cost.bytes < doubtfulBytes) return cost.bytes;
  const { bytes } = costOf(trial);
  return bytes >= 0 && bytes <= mostBytes ? bytes : leastBytes(trial);
}

/** One bug throws many messages: what is quoted and counted in them is left out. */
function signatureOf(error: unknown): string {
  if (error instanceof BrokenPromise) return error.promise;
  return error instanceof Error ? `${error.name} ${error.message.replaceAll(/"[^"]*"|\d+/g, '#')}` : String(error);
}

function described(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

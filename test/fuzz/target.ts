/** What the fuzzer knows of a parser. One file in `targets/`, one line in `targets/index.ts`. */
import { ProtocolError } from '../../adapters/protocols/protocol-error.ts';

export interface FuzzTarget {
  readonly name: string;
  /** Inputs to begin with, besides the committed corpus: real bytes, best of other people's making. */
  seeds(): readonly Uint8Array[];
  /** Reads one input, and throws `BrokenPromise` where what must hold does not. The same input must always go the same way. */
  run(input: Uint8Array): void;
  /** May the parser throw this? Default: ProtocolError alone. */
  readonly allows?: (error: unknown) => boolean;
  /** Bytes of the longest input, at most 256 KiB; default 4096. Most inputs stay far below. */
  readonly longest?: number;
  /** The input is a list of pieces (`pieces.ts`), and mutated as one. */
  readonly pieces?: boolean;
  /** Words of the format that the source does not spell out. */
  readonly words?: readonly string[];
}

export const usualLongest = 4_096;

export function allowed(target: FuzzTarget, error: unknown): boolean {
  return target.allows ? target.allows(error) : error instanceof ProtocolError;
}

/** A property that must hold for every input does not. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
  readonly promise: string;

  constructor(promise: string, seen: unknown) {
    super(seen === undefined ? promise : `${promise}: ${JSON.stringify(seen)}`);
    this.promise = promise;
  }
}

/** `promise` says what must hold; `seen` is evaluated only where it does not. */
export function must(holds: boolean, promise: string, seen?: () => unknown): void {
  if (!holds) throw new BrokenPromise(promise, seen?.());
}

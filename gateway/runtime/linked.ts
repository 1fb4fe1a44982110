/**
 * One signal that follows others for as long as it is needed. Instead of AbortSignal.any, which on Node 20 may be collected before it fires where a
 * timeout is among its sources (ADR 0008): no reader should have to know which of them are safe. And this one can be let go of.
 */
import { setMaxListeners } from 'node:events';

export interface Linked extends Disposable {
  /** Aborts with the first of the sources, by `abort`, or when it is disposed of: what was begun under it ends with it. */
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/** Made once: with its stack it costs more than all the rest. */
const noLongerNeeded = new DOMException('No longer needed.', 'AbortError');

/** Dispose of it when the work is done: sources live for years, and would keep a listener for each of their followers. */
export function linked(...sources: readonly AbortSignal[]): Linked {
  const own = new AbortController();
  // Many wait on one life; a number of listeners says nothing about a leak here.
  setMaxListeners(0, own.signal, ...sources);
  const abort = (reason?: unknown) => {
    for (const source of sources) source.removeEventListener('abort', follow);
    own.abort(reason);
  };
  const follow = () => abort(sources.find(({ aborted }) => aborted)?.reason);
  for (const source of sources) source.addEventListener('abort', follow, { once: true });
  if (sources.some(({ aborted }) => aborted)) follow();
  return { signal: own.signal, abort, [Symbol.dispose]: () => abort(noLongerNeeded) };
}

/**
 * A deadline that is held, not hoped for: on Node 20 the garbage collector takes `AbortSignal.any([signal, AbortSignal.timeout(…)])`
 * while its listener still waits (seen with the dispatcher), and then neither the deadline nor the outer abort ever comes.
 */
import { setMaxListeners } from 'node:events';

export interface Limited extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts with a TimeoutError when `wait` resolves, or with `signal`. Dispose it when the work is done: that ends the wait. */
export function limited(wait: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Limited {
  const limit = new AbortController();
  setMaxListeners(0, limit.signal);
  const abandon = () => limit.abort(signal.reason);
  if (signal.aborted) abandon();
  else signal.addEventListener('abort', abandon, { once: true });
  wait(limit.signal).then(
    () => limit.abort(new DOMException('No answer in time.', 'TimeoutError')),
    () => undefined, // done, or abandoned, before
  );
  return {
    signal: limit.signal,
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', abandon);
      limit.abort(new DOMException('Done.', 'AbortError'));
    },
  };
}

/** Work with a limit that holds even if the work ignores its signal. A result that comes too late goes to `late`. */
import type { Clock } from '../domain/ports.ts';
import type { Millis } from '../domain/time.ts';
import { linked } from '../runtime/linked.ts';

/** Rejects with a TimeoutError after `length`, or with the signal's reason. */
export async function within<Result>(
  clock: Clock,
  limits: { readonly length: Millis; readonly late?: (result: Result) => void },
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  using limit = linked(...(signal ? [signal] : []));
  clock.sleep(limits.length, limit.signal).then(
    () => limit.abort(new DOMException('No answer in time.', 'TimeoutError')),
    () => undefined, // done, or aborted, before
  );
  let over = false;
  try {
    const result = work(limit.signal);
    result.then(
      (value) => (over ? limits.late?.(value) : undefined),
      () => undefined, // whoever waited has been told
    );
    return await new Promise<Result>((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true });
      result.then(resolve, reject);
    });
  } finally {
    over = true;
  }
}

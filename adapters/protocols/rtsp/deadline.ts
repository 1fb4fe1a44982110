/**
 * A limit in time that holds. Not AbortSignal.any with AbortSignal.timeout: Node 20 keeps the sources of a combined signal by weak reference only,
 * so that after a garbage collection such a timeout never fires (seen on 20.20.2).
 */

/** What is needed of a clock. */
export interface RtspTimers {
  sleep(length: number, signal?: AbortSignal): Promise<void>;
}

export interface Deadline extends Disposable {
  /** Aborts with a TimeoutError after the length, or with the first of the signals; or when it is disposed of. */
  readonly signal: AbortSignal;
}

export function openDeadline(timers: RtspTimers, length: number, ...signals: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const forget = () => {
    for (const signal of signals) signal.removeEventListener('abort', follow);
  };
  const follow = () => {
    forget();
    controller.abort(signals.find((signal) => signal.aborted)?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', follow, { once: true });
  if (signals.some((signal) => signal.aborted)) follow();
  timers.sleep(length, controller.signal).then(
    () => {
      forget();
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    },
    () => undefined, // It was aborted or is not needed any more.
  );
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      forget();
      controller.abort();
    },
  };
}

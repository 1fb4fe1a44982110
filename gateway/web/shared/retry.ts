/** Tries again for ever, after 1, 2, 4, 8, then every 15 s, each give or take 30 %; at once when the network or the page comes back. */
const steps = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

export interface Retry {
  /** A try is due later. */
  readonly waiting: boolean;
  /** Plans the next try; the wait grows with each until one has succeeded. */
  soon(): void;
  succeeded(): void;
  /** Tries now if a try is due. */
  now(): void;
  /** Gives up the try that is due. */
  stop(): void;
  /** For good. */
  close(): void;
}

export function openRetry(attempt: () => void): Retry {
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const run = () => {
    stop();
    attempt();
  };
  const now = () => {
    if (timer !== undefined && document.visibilityState === 'visible') run();
  };
  addEventListener('online', now);
  document.addEventListener('visibilitychange', now);
  return {
    get waiting() {
      return timer !== undefined;
    },
    soon() {
      if (timer !== undefined) return;
      const step = steps[Math.min(tries, steps.length - 1)] ?? 15_000;
      tries += 1;
      timer = setTimeout(run, step * (0.7 + 0.6 * Math.random()));
    },
    succeeded() {
      tries = 0;
    },
    now,
    stop,
    close() {
      stop();
      removeEventListener('online', now);
      document.removeEventListener('visibilitychange', now);
    },
  };
}

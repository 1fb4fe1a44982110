/** How late the main loop comes to a timer that is due every 10 ms: what an alarm waits for before anybody looks at it. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Ten milliseconds cost 0.3 % of a core, one costs 1.7 % (Node 20, idle). */
const every = 10;

export interface LoopDelay extends Disposable {
  /** Seconds, of all looks since the last `reset`; 0 while there was none. `quantile` is from 0 to 1. */
  late(quantile: number): number;
  reset(): void;
}

export function openLoopDelay(): LoopDelay {
  const times = monitorEventLoopDelay({ resolution: every });
  times.enable();
  return {
    // Node tells the time from one look to the next: an idle loop shows the interval itself, which is no delay.
    late: (quantile) => Math.max(0, times.percentile(quantile * 100) / 1e6 - every) / 1_000,
    reset: () => times.reset(),
    [Symbol.dispose]: () => times.disable(),
  };
}

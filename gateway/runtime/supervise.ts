/** Somebody else restarts what breaks: `supervise` runs a long life again, with back-off, until it is aborted. */
import type { Clock, Logger } from '../domain/ports.ts';
import { type Millis, seconds } from '../domain/time.ts';
import { type BackoffSettings, backoff } from './backoff.ts';

export interface Supervision {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly backoff?: BackoffSettings;
  /** A run this long counts as healthy: the next failure starts the back-off anew. */
  readonly healthyAfter?: Millis;
  /** Told of each failure, before the wait. */
  readonly failed?: (error: unknown, attempt: number, wait: Millis) => void;
}

const usual: BackoffSettings = { first: seconds(0.5), most: seconds(30), jitter: 0.3 };

/** Runs `life` until `signal` aborts. Resolves on abort; never throws. A life that returns early is started again too. */
export async function supervise(supervision: Supervision, life: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  const { name, clock, log, failed, healthyAfter = seconds(30) } = supervision;
  let attempt = 0;
  while (!signal.aborted) {
    const started = clock.monotonic();
    let failure: unknown;
    try {
      await life(signal);
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    if (clock.monotonic() - started >= healthyAfter) attempt = 0;
    const wait = backoff(supervision.backoff ?? usual, attempt);
    if (failure === undefined) log.info('life ended early', { life: name, attempt, wait });
    else log.warn('life failed', { life: name, attempt, wait, error: failure });
    failed?.(failure, attempt, wait);
    attempt += 1;
    await clock.sleep(wait, signal).catch(() => undefined);
  }
}

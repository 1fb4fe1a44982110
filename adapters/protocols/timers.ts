/** What protocols need of a clock. All lengths in ms. */
export interface Timers {
  /** Never jumps. */
  monotonic(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(length: number, signal?: AbortSignal): Promise<void>;
  /** Aborts with a TimeoutError after the length, or with the first of the signals. */
  deadline(length: number, ...signals: readonly AbortSignal[]): AbortSignal & Disposable;
}

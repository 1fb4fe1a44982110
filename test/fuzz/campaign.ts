/** Fuzzes several targets, one thread each, and watches the threads: what hangs or dies takes no one with it. */
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../gateway/runtime/worker.ts';
import type { Outcome } from './engine.ts';
import type { WorkerOrder } from './fuzz-worker.ts';
import { computed, youngMegabytes } from './limits.ts';
import { Slate } from './slate.ts';
import type { FailureKind } from './trials.ts';

export interface CampaignOptions {
  /** Threads at a time. */
  readonly threads: number;
  /** How long one input may compute before it counts as one that never ends. */
  readonly hangMillis: number;
}

/** MiB of the old generation: a parser that fills it is stopped before the machine suffers. */
const oldMegabytes = 512;
const lookEvery = 200;

/** One outcome per order, in their order. */
export async function runCampaign(orders: readonly WorkerOrder[], options: CampaignOptions): Promise<Outcome[]> {
  setFlagsFromString(`--min-semi-space-size=${youngMegabytes}`);
  const outcomes: Outcome[] = [];
  const queue = [...orders.entries()];
  const lane = async () => {
    await using thread = new FuzzThread(options.hangMillis);
    for (let next = queue.shift(); next; next = queue.shift()) outcomes[next[0]] = await thread.fuzz(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(options.threads, orders.length) }, lane));
  return outcomes;
}

/** A worker thread that is replaced when it is lost. */
class FuzzThread implements AsyncDisposable {
  readonly #hangMillis: number;
  readonly #slate = new Slate();
  #worker: Worker | undefined;

  constructor(hangMillis: number) {
    this.#hangMillis = hangMillis;
  }

  async fuzz(order: WorkerOrder): Promise<Outcome> {
    const worker = this.#ready();
    const started = performance.now();
    const began = this.#slate.written;
    const done = new AbortController();
    const lost = (kind: FailureKind, what: string): Outcome => ({
      target: order.target,
      executions: this.#slate.written - began,
      millis: performance.now() - started,
      branches: { taken: 0, known: 0 },
      corpus: [],
      slowestMillis: Number.NaN,
      heaviestBytes: Number.NaN,
      failures: [{ kind, what, input: this.#slate.read() }],
    });
    try {
      worker.postMessage(order);
      return await Promise.race([
        once(worker, 'message', { signal: done.signal }).then(([outcome]): Outcome => outcome),
        this.#hangs(done.signal).then(() => lost('hangs', `it computed for ${this.#hangMillis} ms without an end`)),
      ]);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      return lost('dies', error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      done.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ready(): Worker {
    this.#worker ??= startWorker(new URL('./fuzz-worker.ts', import.meta.url), {
      workerData: this.#slate.shared,
      resourceLimits: { maxOldGenerationSizeMb: oldMegabytes, maxYoungGenerationSizeMb: 3 * youngMegabytes },
    });
    return this.#worker;
  }

  /** Resolves when one input has computed for too long; the thread is gone then. Loading takes as long as it takes: only a thread that has begun can hang. */
  async #hangs(signal: AbortSignal): Promise<void> {
    const idle = this.#slate.written;
    let seen = idle;
    let since = this.#computed();
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, lookEvery));
      const { written } = this.#slate;
      if (written !== seen || written === idle) since = this.#computed();
      seen = written;
      if (this.#computed() - since > this.#hangMillis) break;
    }
    if (!signal.aborted) await this[Symbol.asyncDispose]();
  }

  /** ms; on a busy machine an input may wait for long before it is at fault. */
  #computed(): number {
    return computed(`self/task/${this.#slate.thread}`);
  }
}

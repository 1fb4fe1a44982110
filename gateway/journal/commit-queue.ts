/**
 * Group commit: one batch is with the journal's thread, the next collects meanwhile. The window is 0: whoever comes alone waits for nobody.
 * A failed commit rejects its whole batch, ends that thread and starts a new one, which must prove itself before the next batch goes.
 */
import type { Worker } from 'node:worker_threads';
import { type ErrorCode, errorCodes, GatewayError } from '../domain/errors.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { type Millis, millis, seconds } from '../domain/time.ts';
import { type BackoffSettings, backoff } from '../runtime/backoff.ts';
import type { FromWorker, Operation, Outcome, ToWorker, WorkerSettings } from './operation.ts';
import { CommitStatistics } from './statistics.ts';

/** Rows per COMMIT at most (alarm-panels §4.3): one COMMIT stays short, so that a single panic never waits long for a flood. */
const batchLimit = 256;
/** Beyond this the disk is hopelessly behind: better to refuse, so that panels keep their messages, than to grow without end. */
const queueLimit = 20_000;
/** How long that waits for company at most which nobody waits for: it is evidence, no promise, and costs no COMMIT of its own while anything else happens. */
const unhurriedFor: Millis = seconds(1);
/** Of one batch: they never crowd out what somebody waits for. */
const mostUnhurried = 64;
const reopening: BackoffSettings = { first: millis(100), most: seconds(2), jitter: 0.2 };

export interface CommitQueueOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commitDelay: Millis;
  readonly synchronous?: WorkerSettings['synchronous'];
  /** Starts one thread of `journal-worker`. */
  readonly startWorker: (settings: WorkerSettings) => Worker;
  /** Told after each COMMIT, before its operations resolve. */
  readonly committed: (operations: readonly Operation[]) => void;
}

interface Waiting {
  readonly operation: Operation;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export class CommitQueue implements AsyncDisposable {
  readonly statistics = new CommitStatistics();
  readonly #options: CommitQueueOptions;
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  /** Ride with the next batch. */
  #unhurried: Waiting[] = [];
  #flying: { readonly batch: readonly Waiting[]; readonly at: Millis } | undefined;
  #worker: Worker | undefined;
  #ready = false;
  #opened = false;
  #promised = 0;
  #failures = 0;
  #scheduled = false;
  #hurrying = false;
  #drained: (() => void) | undefined;

  private constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Opens the file; throws SQLITE_TOO_OLD, DATA_TOO_NEW or JOURNAL_UNAVAILABLE. */
  static async open(options: CommitQueueOptions): Promise<CommitQueue> {
    const queue = new CommitQueue(options);
    await queue.#start();
    return queue;
  }

  /** The highest position whose COMMIT has returned. */
  get position(): number {
    return this.#promised;
  }

  /** False between a failed commit and the proof that the file takes writes again. */
  get available(): boolean {
    return this.#ready;
  }

  submit(operation: Operation): Promise<Outcome> {
    const outcome = this.#put(operation, this.#waiting);
    this.#schedule();
    return outcome;
  }

  /** Of what nobody waits for: goes with the next batch, or by itself where none has gone within a second. A crash may lose it. */
  submitUnhurried(operation: Operation): Promise<Outcome> {
    const outcome = this.#put(operation, this.#unhurried);
    this.#hurryLater();
    return outcome;
  }

  #put(operation: Operation, queue: Waiting[]): Promise<Outcome> {
    if (this.#closing.signal.aborted) return Promise.reject(unavailable('The journal is closing.'));
    if (queue.length >= queueLimit) {
      return Promise.reject(unavailable(`${queueLimit} operations wait for the journal's disk already: this one was not taken.`));
    }
    return new Promise<Outcome>((resolve, reject) => queue.push({ operation, resolve, reject }));
  }

  #hurryLater(): void {
    if (this.#hurrying) return;
    this.#hurrying = true;
    this.#options.clock.sleep(unhurriedFor, this.#closing.signal).then(
      () => {
        this.#hurrying = false;
        this.#hurry();
      },
      () => undefined, // closing: they are committed with the rest
    );
  }

  #hurry(): void {
    this.#waiting.push(...this.#unhurried.splice(0));
    this.#schedule();
  }

  /** Everything of one turn of the event loop goes into one batch. */
  #schedule(): void {
    if (this.#scheduled || this.#flying || !this.#ready || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#flying || !this.#ready || !this.#worker || this.#waiting.length === 0) return;
    const riders = this.#unhurried.splice(0, mostUnhurried);
    const room = batchLimit - riders.length;
    const batch = [...riders, ...this.#waiting.slice(0, room)];
    this.#waiting = this.#waiting.slice(room);
    this.#flying = { batch, at: this.#options.clock.monotonic() };
    this.#tell(this.#worker, { kind: 'commit', at: this.#options.clock.now(), operations: batch.map((waiting) => waiting.operation) });
  }

  #tell(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  #committed(message: Extract<FromWorker, { kind: 'committed' }>): void {
    const flying = this.#flying;
    if (!flying) return;
    this.#flying = undefined;
    for (const outcome of message.outcomes) if (outcome.kind === 'recorded') this.#promised = Math.max(this.#promised, outcome.position);
    this.statistics.add(flying.batch.length, millis(this.#options.clock.monotonic() - flying.at));
    this.#options.committed(flying.batch.map((waiting) => waiting.operation));
    for (const [index, waiting] of flying.batch.entries()) waiting.resolve(message.outcomes[index]!);
    if (this.#waiting.length > 0) this.#send();
    else this.#drained?.();
  }

  /** Resolves when the thread has opened the file, rejects when it ended before. */
  #start(): Promise<void> {
    const { file, clock, commitDelay, synchronous = 'FULL', startWorker, log } = this.#options;
    const worker = startWorker({ file, openedAt: clock.now(), promised: this.#promised, commitDelay, synchronous });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let failure: unknown;
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.#ready = true;
          this.#opened = true;
          this.#promised = Math.max(this.#promised, message.position);
          log.info('journal opened', { sqlite: message.sqlite, position: this.#promised });
          this.#failures = 0;
          resolve();
          this.#schedule();
        } else if (message.kind === 'committed') this.#committed(message);
        else if (message.kind === 'failed') failure = failureOf(message);
      });
      worker.on('error', (error) => {
        failure = error;
      });
      worker.on('exit', () => {
        this.#ready = false;
        this.#worker = undefined;
        const error = unavailable(
          'The journal could not write to its disk: nothing of this batch is promised.',
          failure ?? new Error('thread ended'),
        );
        reject(isNamed(failure) ? failure : error);
        this.#lost(error);
      });
    });
  }

  /** What waits is rejected together with what was under way: a panel that gets no acknowledgement keeps its message. */
  #lost(error: GatewayError): void {
    const rejected = [...(this.#flying?.batch ?? []), ...this.#waiting];
    this.#flying = undefined;
    this.#waiting = [];
    for (const waiting of rejected) waiting.reject(error);
    this.#drained?.();
    // The first opening belongs to whoever opens: its failure is theirs to hear, not ours to try again.
    if (this.#closing.signal.aborted || !this.#opened) return;
    this.statistics.failed();
    const wait = backoff(reopening, this.#failures);
    this.#failures += 1;
    this.#options.log.error('journal lost, opening again', { error, rejected: rejected.length, wait });
    this.#options.clock.sleep(wait, this.#closing.signal).then(
      () => this.#start().catch(() => undefined), // its exit has come here already, and waits for the next try
      () => undefined, // closing
    );
  }

  /** Commits what waits, then closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#hurry();
    if (this.#ready && (this.#flying || this.#waiting.length > 0)) {
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      this.#schedule();
      await drained;
    }
    const worker = this.#worker;
    if (worker) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      this.#tell(worker, { kind: 'close' });
      await ended;
    }
    for (const waiting of this.#waiting.splice(0)) waiting.reject(unavailable('The journal has closed.'));
  }
}

function unavailable(sentence: string, cause?: unknown): GatewayError {
  return new GatewayError('JOURNAL_UNAVAILABLE', sentence, { cause });
}

function isNamed(failure: unknown): failure is GatewayError {
  return failure instanceof GatewayError && failure.code !== 'JOURNAL_UNAVAILABLE';
}

/** SQLITE_TOO_OLD and DATA_TOO_NEW cross the thread as their code; everything else is the disk's or SQLite's own. */
function failureOf(message: { readonly code: string; readonly message: string }): unknown {
  const known = errorCodes.find((code): code is ErrorCode => code === message.code);
  return known ? new GatewayError(known, message.message.replace(/^GatewayError: /, '')) : new Error(`${message.code}: ${message.message}`);
}

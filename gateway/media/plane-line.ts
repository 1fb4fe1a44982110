/** The line to one media worker: calls with their answers, its questions, its log. It lasts as long as that worker. */
import type { Worker } from 'node:worker_threads';
import { GatewayError } from '../domain/errors.ts';
import type { RtpEnd } from '../domain/media.ts';
import type { Clock, KeyframeAsker, Logger, StreamResolver } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { type Call, type CallName, type Calls, errorOf, type FromWorker, failureOf, type Outcome, portsOf, type ToWorker } from './rpc.ts';
import { Vitals } from './vitals.ts';
import type { WorkerEnd } from './watchdog.ts';

export interface LineOptions {
  /** The worker is to show its vitals in this memory. */
  readonly startWorker: (vitals: SharedArrayBuffer) => Worker;
  readonly resolve: StreamResolver;
  readonly askKeyframe: KeyframeAsker;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A thread that is stuck in a system call cannot be ended: after this long it is left behind. */
const endWithin = seconds(1);

export class Line {
  readonly #options: LineOptions;
  readonly #worker: Worker;
  readonly #open = new Map<number, (outcome: Outcome<unknown>) => void>();
  /** Receivers of RTP that somebody waits for, or that ended before anybody did. */
  readonly #ends = new Map<number, { readonly end: Promise<RtpEnd>; readonly settle: (end: RtpEnd) => void }>();
  readonly #gone = new AbortController();
  readonly vitals = new Vitals();
  /** Resolves, with the reason, when the worker has ended. */
  readonly over: Promise<WorkerEnd>;
  /** Why it ends, as far as that is known before it does. */
  #end: WorkerEnd | undefined;
  #calls = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#worker = options.startWorker(this.vitals.shared);
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    this.#worker.on('error', (error) => {
      this.#end ??= endOf(error);
    });
    this.#worker.once('exit', (code) => this.#leave({ cause: 'stopped', reason: `It ended with code ${code}.` }));
    this.over = new Promise((resolve) => {
      this.#gone.signal.addEventListener('abort', () => resolve(this.#gone.signal.reason), { once: true });
    });
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  call<Name extends CallName>(name: Name, ask: Calls[Name]['ask'], signal?: AbortSignal): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#gone.signal.aborted) {
        reject(gone(this.#gone.signal.reason));
        return;
      }
      this.#calls += 1;
      const number = this.#calls;
      const abandon = () => {
        this.#open.delete(number);
        this.say({ kind: 'abandon', number });
        reject(signal?.reason);
      };
      this.#open.set(number, (outcome) => {
        this.#open.delete(number);
        signal?.removeEventListener('abort', abandon);
        if (outcome.ok) resolve(outcome.value as Calls[Name]['answer']);
        else reject(errorOf(outcome.failure));
      });
      const call = { kind: 'call', number, name, ask } as Call;
      this.#worker.postMessage(call, portsOf(call));
      if (signal?.aborted) abandon();
      else signal?.addEventListener('abort', abandon, { once: true });
    });
  }

  /** How this receiver of RTP ends. To be asked once. */
  async ended(sink: number): Promise<RtpEnd> {
    const { end } = this.#endOf(sink);
    await end;
    this.#ends.delete(sink);
    return end;
  }

  say(message: ToWorker): void {
    if (!this.#gone.signal.aborted) this.#worker.postMessage(message);
  }

  /** Ends the worker from outside, for the reason given; resolves once it is gone, or left behind. */
  async terminate(end: WorkerEnd): Promise<void> {
    this.#end ??= end;
    const exited = new AbortController();
    const patience = this.#options.clock.sleep(endWithin, exited.signal).catch(() => undefined); // It has ended in time.
    await Promise.race([this.#worker.terminate(), patience]);
    exited.abort();
    this.#leave(end);
  }

  #leave(end: WorkerEnd): void {
    if (this.#gone.signal.aborted) return;
    const reason = this.#end ?? end;
    this.#gone.abort(reason);
    for (const settle of [...this.#open.values()]) settle({ ok: false, failure: failureOf(gone(reason)) });
    for (const { settle } of this.#ends.values()) settle(lost(reason));
  }

  #settle(number: number, outcome: Outcome<unknown>): void {
    const settle = this.#open.get(number);
    if (settle) settle(outcome);
    // Whoever asked has left meanwhile.
    else if (outcome.ok && isSink(outcome.value)) this.say({ kind: 'dispose', sink: outcome.value.sink });
  }

  #endOf(sink: number) {
    const known = this.#ends.get(sink);
    if (known) return known;
    let settle: (end: RtpEnd) => void = () => undefined;
    const end = new Promise<RtpEnd>((resolve) => {
      settle = resolve;
    });
    const made = { end, settle };
    this.#ends.set(sink, made);
    if (this.#gone.signal.aborted) settle(lost(this.#gone.signal.reason));
    return made;
  }

  #take(message: FromWorker): void {
    if (this.#gone.signal.aborted) return;
    switch (message.kind) {
      case 'answer':
        this.#settle(message.number, message.outcome);
        return;
      case 'ended':
        this.#endOf(message.sink).settle(message.end);
        return;
      case 'resolve':
        this.#options.resolve(message.channel, message.profile).then(
          (value) => this.say({ kind: 'resolved', number: message.number, outcome: { ok: true, value } }),
          (error) => this.say({ kind: 'resolved', number: message.number, outcome: { ok: false, failure: failureOf(error) } }),
        );
        return;
      case 'keyframe':
        this.#options.askKeyframe(message.channel, message.profile);
        return;
      case 'log':
        this.#options.log[message.level](message.message, message.fields);
        return;
    }
  }
}

/** Nobody in the worker caught it, or V8 ended the worker at its limit. */
function endOf(error: unknown): WorkerEnd {
  if (!(error instanceof Error)) return { cause: 'crashed', reason: String(error) };
  const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return { cause: outOfMemory ? 'out-of-memory' : 'crashed', reason: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}

function isSink(value: unknown): value is { readonly sink: number } {
  return typeof value === 'object' && value !== null && 'sink' in value && typeof value.sink === 'number';
}

const lost = (end: WorkerEnd): RtpEnd => ({ cause: 'plane', sentence: gone(end).message, packets: 0, bytes: 0 });

function gone({ cause }: WorkerEnd): GatewayError {
  return new GatewayError('MEDIA_UNAVAILABLE', `The media plane is being restarted (${cause}).`);
}

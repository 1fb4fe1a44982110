/** The line to one media worker: calls with their answers, its questions, its log. It lasts as long as that worker. */
import type { Worker } from 'node:worker_threads';
import { GatewayError } from '../domain/errors.ts';
import type { Logger, StreamResolver } from '../domain/ports.ts';
import { type Call, type CallName, type Calls, errorOf, type FromWorker, failureOf, type Outcome, portsOf, type ToWorker } from './rpc.ts';

interface LineOptions {
  readonly startWorker: () => Worker;
  readonly resolve: StreamResolver;
  readonly log: Logger;
}

export class Line {
  readonly #options: LineOptions;
  readonly #worker: Worker;
  readonly #open = new Map<number, (outcome: Outcome<unknown>) => void>();
  readonly #gone = new AbortController();
  /** Resolves, with the reason, when the worker has ended. */
  readonly ended: Promise<string>;
  #calls = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#worker = options.startWorker();
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    let reason = '';
    this.#worker.on('error', (error) => {
      reason = error.message;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        reason ||= `exit code ${code}`;
        this.#gone.abort();
        const failure = failureOf(gone(reason));
        for (const settle of [...this.#open.values()]) settle({ ok: false, failure });
        resolve(reason);
      });
    });
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  call<Name extends CallName>(name: Name, ask: Calls[Name]['ask'], signal?: AbortSignal): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#gone.signal.aborted) {
        reject(gone('it has ended'));
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

  say(message: ToWorker): void {
    if (!this.#gone.signal.aborted) this.#worker.postMessage(message);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#open.get(message.number)?.(message.outcome);
        return;
      case 'resolve':
        this.#options.resolve(message.channel, message.profile).then(
          (value) => this.say({ kind: 'resolved', number: message.number, outcome: { ok: true, value } }),
          (error) => this.say({ kind: 'resolved', number: message.number, outcome: { ok: false, failure: failureOf(error) } }),
        );
        return;
      case 'log':
        this.#options.log[message.level](message.message, message.fields);
        return;
    }
  }
}

function gone(reason: string): GatewayError {
  return new GatewayError('MEDIA_UNAVAILABLE', `The media plane stopped (${reason}) and is being restarted.`);
}

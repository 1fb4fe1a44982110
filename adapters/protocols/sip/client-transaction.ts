/** A request of ours until its answer is certain (RFC 3261 §17.1; RFC 6026 for 2xx). */
import type { Timers } from '../timers.ts';
import { composeFollower } from './compose.ts';
import { SipFailure } from './failure.ts';
import type { SipFlow } from './flow.ts';
import { headerOf, type SipRequest, type SipResponse, writeMessage } from './message.ts';
import { isFinal, isSuccess } from './status.ts';
import { after, doubled, enough, patience, repeat, t2, t4 } from './timing.ts';

export interface ClientUser {
  /** The kernel has it; not told of repetitions. */
  sent?(): void;
  /** Provisional ones, the final one, and of INVITE every 2xx again that comes again. */
  response(response: SipResponse): void;
  /** Instead of a final response. */
  failed(failure: SipFailure): void;
}

export class ClientTransaction {
  readonly request: SipRequest;
  readonly #flow: SipFlow;
  readonly #timers: Timers;
  readonly #user: ClientUser;
  readonly #bytes: Buffer;
  readonly #invite: boolean;
  #state: 'trying' | 'proceeding' | 'completed' | 'accepted' = 'trying';
  /** While the request is repeated. */
  readonly #asking = new AbortController();
  readonly #over = new AbortController();

  constructor(request: SipRequest, flow: SipFlow, timers: Timers, user: ClientUser) {
    this.request = request;
    this.#flow = flow;
    this.#timers = timers;
    this.#user = user;
    this.#bytes = writeMessage(request);
    this.#invite = request.method === 'INVITE';
  }

  /** Aborts when nothing more can come of it. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Some answer has come: only then may an INVITE be cancelled (§9.1). */
  get answered(): boolean {
    return this.#state !== 'trying';
  }

  start(): void {
    const { closed, transport } = this.#flow;
    if (closed.aborted) {
      this.#fail(asFailure(closed.reason));
      return;
    }
    closed.addEventListener('abort', () => this.#fail(asFailure(closed.reason)), { once: true, signal: this.over });
    this.#flow.send(this.#bytes).then(
      () => this.#user.sent?.(),
      (error: unknown) => this.#fail(asFailure(error)),
    );
    // Timers A and E. An INVITE's pauses grow without end; after the first answer it is not repeated at all.
    const next = (pause: number) => (this.#invite ? 2 * pause : this.answered ? t2 : doubled(pause));
    if (transport === 'UDP') repeat(this.#timers, next, this.#asking.signal, () => this.#repeat(this.#bytes));
    // Timers B and F.
    after(this.#timers, patience, this.#asking.signal, () =>
      this.#fail(new SipFailure('silent', `did not answer ${this.request.method} within ${patience / 1_000} s.`)),
    );
  }

  receive(response: SipResponse): void {
    if (this.over.aborted) return;
    if (this.#state === 'completed') {
      if (this.#invite) this.#acknowledge(response);
      return;
    }
    if (this.#state === 'accepted') {
      if (isSuccess(response.status)) this.#user.response(response);
      return;
    }
    if (!isFinal(response.status)) {
      this.#state = 'proceeding';
      if (this.#invite) this.#asking.abort(enough);
      this.#user.response(response);
      return;
    }
    this.#asking.abort(enough);
    const success = isSuccess(response.status);
    this.#state = this.#invite && success ? 'accepted' : 'completed';
    if (this.#invite && !success) this.#acknowledge(response);
    this.#user.response(response);
    this.#linger(success);
  }

  /** Nobody waits any more: what comes late is absorbed no longer. */
  abandon(): void {
    this.#asking.abort(enough);
    this.#over.abort(enough);
  }

  /** Timers M, D and K: repetitions of the answer find somebody. */
  #linger(success: boolean): void {
    const reliable = this.#flow.transport === 'TCP';
    const length = this.#invite ? (success || !reliable ? patience : 0) : reliable ? 0 : t4;
    if (length === 0) this.#over.abort(enough);
    else after(this.#timers, length, this.over, () => this.#over.abort(enough));
  }

  #acknowledge(response: SipResponse): void {
    if (!isFinal(response.status) || isSuccess(response.status)) return;
    this.#repeat(writeMessage(composeFollower(this.request, 'ACK', headerOf(response, 'To'))));
  }

  /** What cannot be sent now may be sent the next time; a connection that is gone says so itself. */
  #repeat(bytes: Buffer): void {
    this.#flow.send(bytes).catch(() => undefined);
  }

  #fail(failure: SipFailure): void {
    if (this.over.aborted) return;
    const waited = this.#state === 'trying' || this.#state === 'proceeding';
    this.abandon();
    if (waited) this.#user.failed(failure);
  }
}

function asFailure(error: unknown): SipFailure {
  return error instanceof SipFailure ? error : new SipFailure('unreachable', `cannot be sent to: ${String(error)}.`, error);
}

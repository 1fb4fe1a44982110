/** The tables of transactions: found by what RFC 3261 §17.1.3 and §17.2.3 say, and never larger than their caps. */
import type { Timers } from '../timers.ts';
import { ClientTransaction, type ClientUser } from './client-transaction.ts';
import { SipFailure } from './failure.ts';
import { callIdOf, cseqOf, fromOf, tagOf, topViaOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { ServerTransaction, type ServerUser } from './server-transaction.ts';
import { isFinal } from './status.ts';

export interface TransactionCaps {
  readonly clients: number;
  readonly servers: number;
  /** Of those, how many may wait for our answer: each holds up to 64 KiB. */
  readonly waiting: number;
  /** Bytes of answers that are kept for repetitions. */
  readonly cached: number;
}

/** About 9 KB each: a school asks and is asked a few times a second, at worst 50. */
export const usualCaps: TransactionCaps = { clients: 2_048, servers: 2_048, waiting: 512, cached: 8 * 1024 * 1024 };

export class Transactions {
  readonly #timers: Timers;
  readonly #caps: TransactionCaps;
  readonly #clients = new Map<string, ClientTransaction>();
  /** Answered and kept for repetitions only, the oldest first. */
  readonly #done = new Set<ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Answered and kept for repetitions only, the oldest first. */
  readonly #kept = new Set<ServerTransaction>();
  #cached = 0;

  constructor(timers: Timers, caps: TransactionCaps = usualCaps) {
    this.#timers = timers;
    this.#caps = caps;
  }

  get size(): { readonly clients: number; readonly servers: number; readonly cached: number } {
    return { clients: this.#clients.size, servers: this.#servers.size, cached: this.#cached };
  }

  /** Throws SipFailure when the table is full of requests that nobody has answered yet. */
  ask(request: SipRequest, flow: SipFlow, user: ClientUser): ClientTransaction {
    if (this.#clients.size >= this.#caps.clients && !forgetOldest(this.#done)) {
      throw new SipFailure('full', `is not asked: ${this.#clients.size} requests of ours are still open.`);
    }
    const key = clientKey(request);
    const response = (one: SipResponse) => {
      if (isFinal(one.status) && !transaction.over.aborted) this.#done.add(transaction);
      user.response(one);
    };
    const ears = { response, failed: (failure: SipFailure) => user.failed(failure), sent: () => user.sent?.() };
    const transaction = new ClientTransaction(request, flow, this.#timers, ears);
    this.#clients.set(key, transaction);
    transaction.over.addEventListener(
      'abort',
      () => {
        this.#clients.delete(key);
        this.#done.delete(transaction);
      },
      { once: true },
    );
    transaction.start();
    return transaction;
  }

  asked(response: SipResponse): ClientTransaction | undefined {
    return this.#clients.get(clientKey(response));
  }

  /** Undefined when too many wait for our answer already. */
  open(request: SipRequest, flow: SipFlow, user: ServerUser): ServerTransaction | undefined {
    if (this.#servers.size - this.#kept.size >= this.#caps.waiting) return undefined;
    if (this.#servers.size >= this.#caps.servers && !forgetOldest(this.#kept)) return undefined;
    const key = serverKey(request, request.method);
    const transaction = new ServerTransaction(request.method, flow, this.#timers, user);
    this.#servers.set(key, transaction);
    transaction.over.addEventListener(
      'abort',
      () => {
        this.#servers.delete(key);
        if (this.#kept.delete(transaction)) this.#cached -= transaction.cached;
      },
      { once: true },
    );
    return transaction;
  }

  /** The transaction that this request repeats, or that this ACK or CANCEL belongs to. */
  opened(request: SipRequest, method = request.method === 'ACK' ? 'INVITE' : request.method): ServerTransaction | undefined {
    return this.#servers.get(serverKey(request, method));
  }

  /** To be told of each final answer: from now on the transaction may be forgotten for a newer one. */
  keep(transaction: ServerTransaction): void {
    if (transaction.over.aborted || this.#kept.has(transaction)) return;
    this.#kept.add(transaction);
    this.#cached += transaction.cached;
    while (this.#cached > this.#caps.cached && forgetOldest(this.#kept));
  }

  close(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.abandon();
  }
}

function forgetOldest(kept: ReadonlySet<ClientTransaction | ServerTransaction>): boolean {
  const [oldest] = kept;
  oldest?.abandon();
  return oldest !== undefined;
}

/** Branch and method of CSeq, as what answers an INVITE and its CANCEL has one branch (§17.1.3). */
function clientKey(message: SipRequest | SipResponse): string {
  return `${topViaOf(message)?.parameters.get('branch')} ${cseqOf(message)?.method}`;
}

/** Branch, sender and method (§17.2.3); and Call-ID, CSeq and tag, as some peers give one branch to different requests, or none at all. */
function serverKey(request: SipRequest, method: string): string {
  const via = topViaOf(request);
  const branch = via?.parameters.get('branch');
  return JSON.stringify([method, branch, via?.host, via?.port, callIdOf(request), cseqOf(request)?.number, tagOf(fromOf(request))]);
}

/** What an endpoint asks of others (RFC 3261 §8.1, §9.1, §13.2; RFC 6665 §4.1). */
import { setMaxListeners } from 'node:events';
import { answerRefusal, isStale, type SignedHeader, type SipCredentials } from './authentication.ts';
import { chance, composeFollower, composeRequest, contactOf, type SipContent } from './compose.ts';
import { exchange, type SipContext } from './context.ts';
import type { AskedTaker, Dialog } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import { cseqOf, tagOf, toOf } from './fields.ts';
import type { SipFlow, SipPeer } from './flow.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { isFinal, isSuccess } from './status.ts';
import { after, patience } from './timing.ts';
import { parseUri } from './uri.ts';

/** Call-ID, tag and CSeq that several requests share: a registration and its refreshes (§10.2). */
export class SipSeries {
  readonly callId: string;
  readonly tag = chance();
  #sequence = 0;

  /** `host` ends the Call-ID. */
  constructor(host: string) {
    this.callId = `${chance()}${chance()}@${host}`;
  }

  next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

export interface SipOrder extends SipContent {
  readonly method: string;
  /** Request-URI. One string for the request line and the signature. */
  readonly uri: string;
  /** URIs, without brackets and tags. */
  readonly from: string;
  readonly to: string;
  /** Absent: a Call-ID, a tag and a CSeq of its own. */
  readonly series?: SipSeries;
  /** To answer 401 and 407 with, once, and once more where the nonce was stale (gb28181 §3.1). */
  readonly credentials?: SipCredentials;
}

export interface Invited {
  /** The final response, 2xx or not. */
  readonly response: SipResponse;
  /** Where it is a 2xx. */
  readonly call?: OutgoingCall;
}

export interface OutgoingCall {
  readonly dialog: Dialog;
  /** Sends the ACK, and again with each repetition of the 2xx. Owed at once; what else must be ready before media comes, must be ready before. */
  acknowledge(content?: SipContent): void;
}

export interface Subscribed {
  /** The final response, 2xx or not. */
  readonly response: SipResponse;
  /** Where it is a 2xx. */
  readonly dialog?: Dialog;
}

interface OwnCall {
  /** Of the far side that was first. */
  readonly tag: string;
  /** Set once the caller has acknowledged. */
  acknowledge: (() => void) | undefined;
}

/** Requests that say where we can be reached. */
const withContact: ReadonlySet<string> = new Set(['REGISTER', 'INVITE', 'SUBSCRIBE']);

export class Outbound {
  readonly #context: SipContext;
  readonly #dialogs: Dialogs;

  constructor(context: SipContext, dialogs: Dialogs) {
    this.#context = context;
    this.#dialogs = dialogs;
  }

  /** The final response, whatever it is. Rejects with a SipFailure or the signal's reason. */
  async ask(order: SipOrder, peer: SipPeer, signal: AbortSignal): Promise<SipResponse> {
    const ears = order.sent ? { sent: order.sent } : {};
    const attempt = async (request: SipRequest, flow: SipFlow) => ({ response: await exchange(this.#context, request, flow, signal, ears) });
    return (await this.#signed(order, peer, attempt)).response;
  }

  /** Aborting cancels the call; one that is accepted in the same moment is acknowledged and left. */
  invite(order: Omit<SipOrder, 'method'>, peer: SipPeer, taker: AskedTaker, signal: AbortSignal): Promise<Invited> {
    return this.#signed({ ...order, method: 'INVITE' }, peer, (request, flow) => this.#invite(request, flow, taker, signal));
  }

  /** `taker` hears the NOTIFYs, which may come before the answer. No dialog: it was refused. */
  subscribe(order: Omit<SipOrder, 'method'>, peer: SipPeer, taker: AskedTaker, signal: AbortSignal): Promise<Subscribed> {
    return this.#signed({ ...order, method: 'SUBSCRIBE' }, peer, async (request, flow): Promise<Subscribed> => {
      const dialog = this.#dialogs.begin(request, flow, taker);
      try {
        const response = await exchange(this.#context, request, flow, signal);
        if (isSuccess(response.status)) {
          this.#dialogs.confirm(dialog, response);
          return { response, dialog };
        }
        dialog.end(`refused SUBSCRIBE with ${response.status}.`);
        return { response };
      } catch (error) {
        dialog.end('did not answer SUBSCRIBE.');
        throw error;
      }
    });
  }

  /** Again with a signature where one is asked for: same Call-ID and tag, next CSeq, new branch (§22.2). */
  async #signed<Result extends { readonly response: SipResponse }>(
    order: SipOrder,
    peer: SipPeer,
    attempt: (request: SipRequest, flow: SipFlow) => Promise<Result>,
  ): Promise<Result> {
    const flow = await this.#context.flowTo(peer);
    const series = order.series ?? new SipSeries(flow.local.address);
    let signature: SignedHeader | undefined;
    for (let refusals = 0; ; refusals += 1) {
      const result = await attempt(this.#compose(order, series, flow, signature), flow);
      const { response } = result;
      if ((response.status !== 401 && response.status !== 407) || !order.credentials) return result;
      // A second refusal means a wrong password, unless the nonce was too old: more attempts would lock the account.
      if (refusals > 1 || (refusals === 1 && !isStale(response))) return result;
      signature = answerRefusal(response, order, order.credentials);
      if (!signature) return result;
    }
  }

  #compose(order: SipOrder, series: SipSeries, flow: SipFlow, signature: SignedHeader | undefined): SipRequest {
    const { method, uri, from, to, body } = order;
    const contact = withContact.has(method) ? { Contact: contactOf(parseUri(from)?.user ?? '', flow) } : {};
    const headers = { ...contact, ...(signature ? { [signature.name]: signature.value } : {}), ...order.headers };
    const parts = { method, uri, from: `<${from}>;tag=${series.tag}`, to: `<${to}>`, callId: series.callId, sequence: series.next(), headers };
    return composeRequest({ ...parts, ...(body ? { body } : {}) }, flow, this.#context.userAgent);
  }

  #invite(request: SipRequest, flow: SipFlow, taker: AskedTaker, signal: AbortSignal): Promise<Invited> {
    const { transactions } = this.#context;
    let accepted: OwnCall | undefined;
    let cancelled = false;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        if (cancelled) return;
        cancelled = true;
        // §9.1: should no final answer come of it, the INVITE is over all the same.
        exchange(this.#context, composeFollower(request, 'CANCEL'), flow, new AbortController().signal).catch(() => undefined);
        after(this.#context.timers, patience, transaction.over, () => transaction.abandon());
      };
      const response = (one: SipResponse) => {
        if (!isFinal(one.status)) {
          if (signal.aborted) cancel();
        } else if (!isSuccess(one.status)) resolve({ response: one });
        else if (accepted && accepted.tag === tagOf(toOf(one))) accepted.acknowledge?.();
        // A second one took the call too (§13.2.2.4), or it was cancelled too late.
        else if (accepted || signal.aborted) this.#leave(request, one, flow);
        else accept(one);
      };
      const accept = (one: SipResponse) => {
        const sequence = cseqOf(request)?.number ?? 0;
        let dialog: Dialog;
        try {
          dialog = this.#dialogs.begin(request, flow, taker);
        } catch (error) {
          // No room: the far side must not believe that it talks to somebody.
          this.#leave(request, one, flow);
          reject(error);
          return;
        }
        this.#dialogs.confirm(dialog, one);
        const call: OwnCall = { tag: tagOf(toOf(one)), acknowledge: undefined };
        accepted = call;
        const acknowledge = (content?: SipContent) => {
          call.acknowledge = () => void dialog.acknowledge(sequence, content);
          call.acknowledge();
        };
        resolve({ response: one, call: { dialog, acknowledge } });
      };
      signal.throwIfAborted();
      setMaxListeners(0, signal);
      const transaction = transactions.ask(request, flow, { response, failed: reject });
      const abandon = () => {
        reject(signal.reason);
        if (transaction.answered) cancel();
      };
      signal.addEventListener('abort', abandon, { once: true, signal: transaction.over });
    });
  }

  #leave(request: SipRequest, response: SipResponse, flow: SipFlow): void {
    const dialog = this.#dialogs.fork(request, response, flow);
    void dialog.acknowledge(cseqOf(request)?.number ?? 0).then(() => dialog.bye(new AbortController().signal));
  }
}

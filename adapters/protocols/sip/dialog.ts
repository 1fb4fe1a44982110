/**
 * A dialog (RFC 3261 §12): what an INVITE or a SUBSCRIBE leaves behind at both ends. Found by Call-ID and tags alone: platforms change the URIs in
 * From and To as they like (gb28181 §3.6).
 */

import { composeRequest, contactOf, type SipContent } from './compose.ts';
import { type ExchangeEars, exchange, type SipContext } from './context.ts';
import { SipFailure } from './failure.ts';
import { contactsOf, cseqOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import { type SipRequest, type SipResponse, writeMessage } from './message.ts';
import { parseNameAddr } from './name-addr.ts';
import { isSuccess } from './status.ts';
import { after, doubled, enough, patience, repeat } from './timing.ts';
import { parseUri } from './uri.ts';

/** A request of the far side that waits for our answer. */
export interface Asked {
  /** Its topmost Via says where it really came from. */
  readonly request: SipRequest;
  readonly flow: SipFlow;
  /** Once; what comes after a final answer is dropped. */
  answer(status: number, content?: SipContent): void;
}

export type AskedTaker = (asked: Asked) => void | Promise<void>;

export interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  /** Undefined until the far side has answered. */
  readonly remoteTag: string | undefined;
  /** From and To of what we send, tags included. */
  readonly local: string;
  readonly remote: string;
  /** URI of the far side's Contact. */
  readonly target: string;
  readonly routes: readonly string[];
  readonly localSequence: number;
  /** Of the far side's last request; 0: none yet. */
  readonly remoteSequence: number;
  readonly flow: SipFlow;
  /** Hears INFO, NOTIFY, MESSAGE, re-INVITE and whatever else comes; BYE is answered here. */
  readonly taker: AskedTaker;
}

export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Set it to hear requests; each is to be answered. */
  take: AskedTaker;
  readonly #context: SipContext;
  readonly #local: string;
  #remoteTag: string | undefined;
  #remote: string;
  #target: string;
  #routes: readonly string[];
  #localSequence: number;
  #remoteSequence: number;
  #flow: SipFlow;
  /** Our INVITE has no final answer yet. */
  #asking = false;
  /** Our 2xx has no ACK yet. */
  #accepted: { readonly sequence: number; readonly acknowledged: (ack: SipRequest | undefined) => void } | undefined;
  readonly #ended = new AbortController();

  constructor(context: SipContext, parts: DialogParts) {
    this.#context = context;
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.take = parts.taker;
    this.#remoteTag = parts.remoteTag;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#target = parts.target;
    this.#routes = parts.routes;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
    this.#flow = parts.flow;
  }

  get remoteTag(): string | undefined {
    return this.#remoteTag;
  }

  /** Aborts, with a SipFailure, when the dialog is over, whoever ended it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The way that the far side last came by. */
  get flow(): SipFlow {
    return this.#flow;
  }

  /** One request in the dialog, CSeq one larger than before. A re-INVITE is acknowledged. Resolves with any final answer; 481 and 408 end the dialog. */
  async request(method: string, content: SipContent, signal: AbortSignal): Promise<SipResponse> {
    if (this.ended.aborted) throw this.ended.reason;
    const invite = method === 'INVITE';
    this.#asking ||= invite;
    try {
      const { request, flow } = await this.#compose(method, content);
      const sequence = this.#localSequence;
      const ears: ExchangeEars = {
        ...(content.sent ? { sent: content.sent } : {}),
        ...(invite ? { success: () => void this.acknowledge(sequence) } : {}),
      };
      const response = await exchange(this.#context, request, flow, signal, ears);
      if (response.status === 481 || response.status === 408) this.end(`answered ${method} with ${response.status}.`);
      if (isSuccess(response.status)) this.#retarget(response);
      return response;
    } finally {
      if (invite) this.#asking = false;
    }
  }

  /** Ends the dialog here at once, and tells the far side; its answer, if any, makes no difference. */
  async bye(signal: AbortSignal, content: SipContent = {}): Promise<void> {
    if (this.ended.aborted) return;
    this.end('was left.');
    try {
      const { request, flow } = await this.#compose('BYE', content);
      await exchange(this.#context, request, flow, signal);
    } catch {
      // Nobody there, or nobody waits: over is over.
    }
  }

  /** ACK for a 2xx (§13.2.2.4), as often as the 2xx comes. */
  async acknowledge(sequence: number, content: SipContent = {}): Promise<void> {
    const parts = { uri: this.#target, from: this.#local, to: this.#remote, callId: this.callId, routes: this.#routes, ...content };
    try {
      const flow = await this.#way();
      const ack = composeRequest({ ...strict(parts), method: 'ACK', sequence }, flow, this.#context.userAgent);
      await flow.send(writeMessage(ack));
    } catch {
      // The 2xx comes again, and so does its ACK.
    }
  }

  /** Repeats our 2xx until its ACK comes (§13.3.1.4, over TCP too). Undefined: it never came, and the dialog was ended with a BYE. */
  awaitAck(response: SipResponse, flow: SipFlow): Promise<SipRequest | undefined> {
    const sequence = cseqOf(response)?.number ?? 0;
    const bytes = writeMessage(response);
    const waiting = new AbortController();
    this.#accepted?.acknowledged(undefined);
    return new Promise((resolve) => {
      const over = () => acknowledged(undefined);
      const acknowledged = (ack: SipRequest | undefined) => {
        this.#accepted = undefined;
        waiting.abort(enough);
        this.ended.removeEventListener('abort', over);
        resolve(ack);
      };
      this.#accepted = { sequence, acknowledged };
      this.ended.addEventListener('abort', over, { once: true });
      repeat(this.#context.timers, doubled, waiting.signal, () => void flow.send(bytes).catch(() => undefined));
      after(this.#context.timers, patience, waiting.signal, () => {
        acknowledged(undefined);
        const failure = new SipFailure('unacknowledged', `did not acknowledge our 200 within ${patience / 1_000} s.`);
        this.#context.trouble({ kind: 'unacknowledged', remote: flow.remote, sentence: failure.message });
        void this.bye(new AbortController().signal);
      });
    });
  }

  /** The ACK of a 2xx. Its URI and its address do not matter; one that is older than the INVITE belongs to an earlier one. False: nobody waits for it. */
  receiveAck(ack: SipRequest, flow: SipFlow): boolean {
    const sequence = cseqOf(ack)?.number ?? 0;
    if (!this.#accepted || sequence < this.#accepted.sequence) return false;
    this.#flow = flow;
    this.#accepted.acknowledged(ack);
    return true;
  }

  /** A request within the dialog. Resolves when the taker has returned. */
  async receive(asked: Asked): Promise<void> {
    const { request, flow } = asked;
    const { number = 0 } = cseqOf(request) ?? {};
    // RFC 3261 §12.2.2 wants 500; WVP's numbers come from one counter for everything (gb28181 §3.6).
    if (number <= this.#remoteSequence) {
      const sentence = `sent ${request.method} with CSeq ${number} after ${this.#remoteSequence}.`;
      this.#context.trouble({ kind: 'sequence', remote: flow.remote, sentence });
    }
    this.#remoteSequence = Math.max(number, this.#remoteSequence);
    this.#flow = flow;
    this.#retarget(request);
    if (request.method === 'BYE') {
      asked.answer(200);
      this.end('hung up.');
    } else if (request.method === 'INVITE' && this.#asking) asked.answer(491);
    else await this.take(asked);
  }

  /** What the far side calls itself, once it has answered or asked (RFC 6665 §4.4.1: a NOTIFY may come before the answer). */
  confirm(established: {
    readonly remoteTag: string;
    readonly remote: string;
    readonly routes: readonly string[];
    readonly target?: string | undefined;
  }): void {
    if (this.#remoteTag !== undefined) return;
    this.#remoteTag = established.remoteTag;
    this.#remote = established.remote;
    this.#routes = established.routes;
    this.#target = established.target ?? this.#target;
  }

  /** Ends it here, silently. `sentence` says what the far side did. */
  end(sentence: string): void {
    if (!this.ended.aborted) this.#ended.abort(new SipFailure('ended', sentence));
  }

  async #compose(method: string, content: SipContent): Promise<{ readonly request: SipRequest; readonly flow: SipFlow }> {
    const flow = await this.#way();
    this.#localSequence += 1;
    const own = ['INVITE', 'SUBSCRIBE', 'NOTIFY', 'UPDATE'].includes(method) ? { Contact: contactOf(this.#user(), flow) } : {};
    const parts = { uri: this.#target, from: this.#local, to: this.#remote, callId: this.callId, routes: this.#routes };
    const whole = { ...strict(parts), method, sequence: this.#localSequence, ...content, headers: { ...own, ...content.headers } };
    return { request: composeRequest(whole, flow, this.#context.userAgent), flow };
  }

  /** The flow of the far side; if that connection is gone, another one to the same place. */
  async #way(): Promise<SipFlow> {
    if (this.#flow.closed.aborted) this.#flow = await this.#context.flowTo({ transport: this.#flow.transport, ...this.#flow.remote });
    return this.#flow;
  }

  #retarget(message: SipRequest | SipResponse): void {
    if (!['INVITE', 'SUBSCRIBE', 'NOTIFY', 'UPDATE'].includes(cseqOf(message)?.method ?? '')) return;
    const [contact] = contactsOf(message);
    if (contact) this.#target = contact.uri;
  }

  #user(): string {
    return parseUri(parseNameAddr(this.#local)?.uri ?? '')?.user ?? '';
  }
}

/** A first route without `lr` is a strict router, and stands in the Request-URI itself (§12.2.1.1). */
function strict<Parts extends { readonly uri: string; readonly routes: readonly string[] }>(parts: Parts): Parts {
  const [first, ...rest] = parts.routes;
  const uri = first === undefined ? undefined : parseNameAddr(first)?.uri;
  if (uri === undefined || parseUri(uri)?.parameters.has('lr') !== false) return parts;
  return { ...parts, uri, routes: [...rest, `<${parts.uri}>`] };
}

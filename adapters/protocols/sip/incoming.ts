/** A request of the far side on its way to whoever answers it. */
import { composeResponse, contactOf, type SipContent } from './compose.ts';
import type { SipContext } from './context.ts';
import type { Asked, AskedTaker, Dialog } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import { routesOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import { noBody, type SipRequest, type SipResponse } from './message.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { isFinal, isSuccess } from './status.ts';
import { after, enough, patience } from './timing.ts';
import { parseUri } from './uri.ts';

/** An INVITE may wait for people (timer C); everything else is given up by its sender after 32 s. */
const invitePatience = 180_000;
/** Bytes. */
const mostKept = 8 * 1024;

export interface Accepted {
  readonly dialog: Dialog;
  /** INVITE: its ACK, which may carry a description; undefined where it never came, and the dialog is over. Otherwise undefined at once. */
  readonly acknowledged: Promise<SipRequest | undefined>;
}

interface Origin {
  /** The topmost Via marked. */
  readonly request: SipRequest;
  readonly tag: string;
  /** The one that it came in. */
  readonly dialog: Dialog | undefined;
}

export class IncomingRequest implements Asked {
  readonly flow: SipFlow;
  /** Of every answer but 100. */
  readonly tag: string;
  #request: SipRequest;
  readonly #context: SipContext;
  readonly #dialogs: Dialogs;
  readonly #transaction: ServerTransaction;
  readonly #dialog: Dialog | undefined;
  readonly #answered = new AbortController();
  readonly #cancelled = new AbortController();
  readonly #over = () => this.#answered.abort(enough);

  constructor(context: SipContext, dialogs: Dialogs, transaction: ServerTransaction, origin: Origin) {
    this.#context = context;
    this.#dialogs = dialogs;
    this.#transaction = transaction;
    this.#dialog = origin.dialog;
    this.#request = origin.request;
    this.flow = transaction.flow;
    this.tag = origin.tag;
    transaction.over.addEventListener('abort', this.#over, { once: true });
    const limit = this.request.method === 'INVITE' ? invitePatience : patience;
    after(context.timers, limit, this.#answered.signal, () => this.answer(500));
  }

  /** Once it is finally answered a body of more than 8 KiB is gone: calls are long, and answers are kept for a while. */
  get request(): SipRequest {
    return this.#request;
  }

  /** INVITE: aborts when the far side has cancelled it, which is answered already (487). */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Outside a dialog a 2xx to INVITE and SUBSCRIBE needs `accept`: this throws. */
  answer(status: number, content: SipContent & { readonly reason?: string } = {}): void {
    if (this.#answered.signal.aborted) return;
    const opens = isSuccess(status) && (this.request.method === 'INVITE' || this.request.method === 'SUBSCRIBE');
    if (opens && !this.#dialog) throw new Error(`A ${status} to ${this.request.method} opens a dialog: use accept().`);
    const response = this.#respond(status, opens ? this.#withContact(content) : content);
    if (opens && this.#dialog && this.request.method === 'INVITE') void this.#dialog.awaitAck(response, this.flow);
  }

  /** 200 to an INVITE or a SUBSCRIBE, and the dialog that it opens; `taker` hears what comes in it. Throws SipFailure when there are too many. */
  accept(taker: AskedTaker, content: SipContent = {}): Accepted {
    if (this.#answered.signal.aborted) throw new Error(`${this.request.method} is answered already.`);
    const dialog = this.#dialogs.accept(this.request, this.flow, this.tag, taker);
    const response = this.#respond(200, this.#withContact(content));
    return { dialog, acknowledged: this.request.method === 'INVITE' ? dialog.awaitAck(response, this.flow) : Promise.resolve(undefined) };
  }

  /** The far side's CANCEL: too late once it is answered (§9.2). */
  cancel(): void {
    if (this.#answered.signal.aborted) return;
    this.answer(487);
    this.#cancelled.abort(enough);
  }

  /** Contact, without which some stacks cannot acknowledge (gb28181 §7 quirk 33), and the way back through proxies (§12.1.1). */
  #withContact(content: SipContent): SipContent {
    const user = parseUri(this.request.uri)?.user ?? '';
    const own = { Contact: contactOf(user, this.flow), 'Record-Route': routesOf(this.request, 'Record-Route') };
    return { ...content, headers: { ...own, ...content.headers } };
  }

  #respond(status: number, content: SipContent): SipResponse {
    const response = composeResponse(this.request, { status, tag: this.tag, ...content });
    this.#transaction.respond(response);
    if (isFinal(status)) {
      this.#answered.abort(enough);
      // By hand: with the option `signal` Node keeps the listener, and the request with it, for as long as the transaction lasts.
      this.#transaction.over.removeEventListener('abort', this.#over);
      if (this.#request.body.length > mostKept) this.#request = { ...this.#request, body: noBody };
      this.#context.transactions.keep(this.#transaction);
    }
    return response;
  }
}

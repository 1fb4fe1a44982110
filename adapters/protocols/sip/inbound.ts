/** What an endpoint does with each message that comes in (RFC 3261 §8.2, §9.2, §12.2.2, §17). */
import { chance, composeResponse } from './compose.ts';
import type { SipContext, SipTroubleKind } from './context.ts';
import type { Dialog } from './dialog.ts';
import { Dialogs } from './dialogs.ts';
import { callIdOf, cseqOf, fromOf, tagOf, toOf, topViaOf, viasOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import { IncomingRequest } from './incoming.ts';
import { headersOf, type SipRequest, type SipResponse, writeMessage } from './message.ts';
import { splitList } from './parameters.ts';
import type { ReadSip, SipProblem } from './read.ts';
import type { ServerTransaction, ServerUser } from './server-transaction.ts';
import { markedVia, writeVia } from './via.ts';

/** Hears requests outside dialogs; each is to be answered. What it throws is answered with 500. */
export type RequestTaker = (incoming: IncomingRequest) => void | Promise<void>;

/** What gb28181 §3.6 asks for. */
const allowed = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'INFO', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'REGISTER'];
/** With a tag of ours that we do not know, they can mean nothing else. */
const dialogMethods: ReadonlySet<string> = new Set(['INVITE', 'BYE', 'INFO', 'SUBSCRIBE', 'NOTIFY', 'UPDATE', 'PRACK', 'REFER']);

export class Inbound {
  readonly dialogs: Dialogs;
  readonly #context: SipContext;
  readonly #taker: RequestTaker;
  /** INVITEs that nobody has answered yet, for their CANCEL. */
  readonly #ringing = new Map<ServerTransaction, IncomingRequest>();
  /** Of those, to know one that came a second time by another way (§8.2.2.2). */
  readonly #merged = new Map<string, ServerTransaction>();

  constructor(context: SipContext, taker: RequestTaker, mostDialogs?: number) {
    this.#context = context;
    this.#taker = taker;
    this.dialogs = new Dialogs(context, mostDialogs);
  }

  /** Never throws: what goes wrong with one message must not end the socket that it came by. */
  take(read: ReadSip, flow: SipFlow): void {
    try {
      this.#sort(read, flow);
    } catch (error) {
      this.#trouble('handler', flow, `sent a message that we failed to handle: ${String(error)}.`, error);
    }
  }

  #sort({ message, problem }: ReadSip, flow: SipFlow): void {
    if (message.kind === 'response') {
      this.#response(message, problem, flow);
      return;
    }
    const request = markedRequest(message, flow);
    if (problem) this.#refuse(request, problem, flow);
    else if (request.method === 'ACK') this.#acknowledge(request, flow);
    else this.#request(request, flow);
  }

  #response(response: SipResponse, problem: SipProblem | undefined, flow: SipFlow): void {
    const transaction = problem ? undefined : this.#context.transactions.asked(response);
    if (transaction) transaction.receive(response);
    else
      this.#trouble('stray', flow, `answered ${response.status} to ${problem?.sentence ?? `${cseqOf(response)?.method}, which nobody waits for`}.`);
  }

  #acknowledge(ack: SipRequest, flow: SipFlow): void {
    const transaction = this.#context.transactions.opened(ack);
    if (transaction) transaction.receive(ack);
    else if (!this.dialogs.find(ack)?.receiveAck(ack, flow)) this.#trouble('stray', flow, 'sent an ACK that nobody waits for.');
  }

  #request(request: SipRequest, flow: SipFlow): void {
    const { transactions } = this.#context;
    const known = transactions.opened(request);
    if (known) {
      known.receive(request);
      return;
    }
    // Of its own: what is written here would keep the request for as long as the transaction lasts.
    const transaction = transactions.open(request, flow, this.#userOf(request.method, flow));
    if (!transaction) {
      this.#trouble('full', flow, `asked ${request.method} while ${transactions.size.servers} requests are open here.`);
      this.#send(composeResponse(request, { status: 503, tag: chance(), headers: { 'Retry-After': 10 } }), flow);
      return;
    }
    const tag = tagOf(toOf(request));
    const dialog = tag === '' ? undefined : this.dialogs.find(request);
    const incoming = new IncomingRequest(this.#context, this.dialogs, transaction, { request, tag: tag || this.#tagFor(request), dialog });
    if (request.method === 'INVITE') this.#ring(transaction, incoming);
    this.#route(incoming, dialog, tag);
  }

  #userOf(method: string, flow: SipFlow): ServerUser {
    return {
      acknowledged: (ack) => void this.dialogs.find(ack)?.receiveAck(ack, flow),
      unacknowledged: () => this.#trouble('unacknowledged', flow, `did not acknowledge our refusal of ${method}.`),
    };
  }

  #route(incoming: IncomingRequest, dialog: Dialog | undefined, tag: string): void {
    const { request } = incoming;
    const required = headersOf(request, 'Require').flatMap(splitList);
    if (request.method === 'CANCEL') this.#cancel(incoming);
    else if (!allowed.includes(request.method)) incoming.answer(405, { headers: { Allow: allowed.join(', ') } });
    else if (required.length > 0) incoming.answer(420, { headers: { Unsupported: required.join(', ') } });
    else if (dialog) this.#offer((asked: IncomingRequest) => dialog.receive(asked), incoming);
    else if (tag !== '' && dialogMethods.has(request.method)) {
      this.#trouble('stray', incoming.flow, `sent ${request.method} for a dialog that is not here.`);
      incoming.answer(481);
    } else this.#offer(this.#taker, incoming);
  }

  /** The 100 at once: GB/T 28181 platforms wait for it (gb28181 §3.6). */
  #ring(transaction: ServerTransaction, incoming: IncomingRequest): void {
    const key = JSON.stringify([callIdOf(incoming.request), tagOf(fromOf(incoming.request)), cseqOf(incoming.request)?.number]);
    const first = this.#merged.get(key);
    if (first && !first.answered && tagOf(toOf(incoming.request)) === '') {
      incoming.answer(482);
      return;
    }
    this.#ringing.set(transaction, incoming);
    this.#merged.set(key, transaction);
    transaction.over.addEventListener(
      'abort',
      () => {
        this.#ringing.delete(transaction);
        if (this.#merged.get(key) === transaction) this.#merged.delete(key);
      },
      { once: true },
    );
    incoming.answer(100);
  }

  /** Answers to an INVITE and to its CANCEL have one tag (§9.2). */
  #tagFor(request: SipRequest): string {
    const invite = request.method === 'CANCEL' ? this.#context.transactions.opened(request, 'INVITE') : undefined;
    return (invite && this.#ringing.get(invite)?.tag) ?? chance();
  }

  #cancel(incoming: IncomingRequest): void {
    const transaction = this.#context.transactions.opened(incoming.request, 'INVITE');
    incoming.answer(transaction ? 200 : 481);
    if (transaction) this.#ringing.get(transaction)?.cancel();
  }

  /** A handler's mistake costs its own request alone. */
  #offer(taker: RequestTaker, incoming: IncomingRequest): void {
    if (incoming.cancelled.aborted) return;
    const failed = (cause: unknown) => {
      this.#trouble('handler', incoming.flow, `asked ${incoming.request.method}, and our handler failed: ${String(cause)}.`, cause);
      incoming.answer(500);
    };
    try {
      taker(incoming)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Without a transaction: it cannot be told apart from others. An ACK is never answered (§17). */
  #refuse(request: SipRequest, problem: SipProblem, flow: SipFlow): void {
    this.#trouble('refused', flow, `sent a ${request.method} that cannot be answered otherwise than ${problem.status} ${problem.sentence}.`);
    if (request.method === 'ACK' || !topViaOf(request)) return;
    this.#send(composeResponse(request, { status: problem.status, reason: problem.sentence, tag: chance() }), flow);
  }

  #send(response: SipResponse, flow: SipFlow): void {
    flow.send(writeMessage(response)).catch(() => undefined); // The far side asks again.
  }

  #trouble(kind: SipTroubleKind, flow: SipFlow, sentence: string, cause?: unknown): void {
    this.#context.trouble({ kind, remote: flow.remote, sentence, ...(cause === undefined ? {} : { cause }) });
  }
}

/** The topmost Via says where it came from (§18.2.1). */
function markedRequest(request: SipRequest, flow: SipFlow): SipRequest {
  const via = topViaOf(request);
  if (!via) return request;
  const [, ...others] = viasOf(request);
  const marked = [writeVia(markedVia(via, flow.remote)), ...others].map((value) => ({ name: 'Via', value }));
  return { ...request, headers: [...marked, ...request.headers.filter(({ name }) => name !== 'Via')] };
}

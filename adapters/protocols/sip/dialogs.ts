/** The dialogs of an endpoint, and how each kind comes about (RFC 3261 §12.1, RFC 6665 §4.4). */
import type { SipContext } from './context.ts';
import { type AskedTaker, Dialog } from './dialog.ts';
import { SipFailure } from './failure.ts';
import { callIdOf, contactsOf, cseqOf, fromOf, routesOf, tagOf, toOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import { headerOf, type SipRequest, type SipResponse } from './message.ts';

const usualMost = 4_096;

export class Dialogs {
  readonly #context: SipContext;
  readonly #most: number;
  readonly #open = new Map<string, Dialog>();

  constructor(context: SipContext, most = usualMost) {
    this.#context = context;
    this.#most = most;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The dialog of a request that came in. A peer without tags (RFC 2543) is known by ours alone. */
  find(request: SipRequest): Dialog | undefined {
    const dialog = this.#open.get(keyOf(callIdOf(request), tagOf(toOf(request))));
    const tag = tagOf(fromOf(request));
    if (!dialog || (dialog.remoteTag !== undefined && tag !== '' && dialog.remoteTag !== tag)) return undefined;
    dialog.confirm({
      remoteTag: tag,
      remote: headerOf(request, 'From') ?? '',
      routes: routesOf(request, 'Record-Route'),
      target: contactsOf(request)[0]?.uri,
    });
    return dialog;
  }

  /** For a request that we accept with `tag`. Throws SipFailure when there are too many. */
  accept(request: SipRequest, flow: SipFlow, tag: string, taker: AskedTaker): Dialog {
    const from = fromOf(request);
    const dialog = new Dialog(this.#context, {
      callId: callIdOf(request),
      localTag: tag,
      remoteTag: tagOf(from),
      local: `${headerOf(request, 'To')};tag=${tag}`,
      remote: headerOf(request, 'From') ?? '',
      // RFC 3261 §12.1.1 wants a Contact; without one the far side is where it says it is from.
      target: contactsOf(request)[0]?.uri ?? from?.uri ?? request.uri,
      routes: routesOf(request, 'Record-Route'),
      localSequence: 0,
      remoteSequence: sequenceOf(request),
      flow,
      taker,
    });
    return this.#keep(dialog);
  }

  /** For a request of ours, before it is answered. Throws SipFailure when there are too many. */
  begin(request: SipRequest, flow: SipFlow, taker: AskedTaker): Dialog {
    return this.#keep(this.#of(request, flow, taker));
  }

  /** For a 2xx of a second far side, which the table has no room for: it is acknowledged and left. */
  fork(request: SipRequest, response: SipResponse, flow: SipFlow): Dialog {
    const dialog = this.#of(request, flow, (asked) => asked.answer(481));
    this.confirm(dialog, response);
    return dialog;
  }

  confirm(dialog: Dialog, response: SipResponse): void {
    dialog.confirm({
      remoteTag: tagOf(toOf(response)),
      remote: headerOf(response, 'To') ?? '',
      routes: routesOf(response, 'Record-Route').toReversed(),
      target: contactsOf(response)[0]?.uri,
    });
  }

  close(): void {
    for (const dialog of this.#open.values()) dialog.end('was left.');
  }

  #of(request: SipRequest, flow: SipFlow, taker: AskedTaker): Dialog {
    return new Dialog(this.#context, {
      callId: callIdOf(request),
      localTag: tagOf(fromOf(request)),
      remoteTag: undefined,
      local: headerOf(request, 'From') ?? '',
      remote: headerOf(request, 'To') ?? '',
      target: request.uri,
      routes: [],
      localSequence: sequenceOf(request),
      remoteSequence: 0,
      flow,
      taker,
    });
  }

  #keep(dialog: Dialog): Dialog {
    if (this.#open.size >= this.#most) throw new SipFailure('full', `finds ${this.#most} dialogs open here already.`);
    const key = keyOf(dialog.callId, dialog.localTag);
    this.#open.set(key, dialog);
    dialog.ended.addEventListener('abort', () => this.#open.get(key) === dialog && this.#open.delete(key), { once: true });
    return dialog;
  }
}

const keyOf = (callId: string, localTag: string) => JSON.stringify([callId, localTag]);
const sequenceOf = (request: SipRequest) => cseqOf(request)?.number ?? 0;

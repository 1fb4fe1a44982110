/**
 * What the platform has subscribed to: the catalogue, alarms, positions (GB/T 28181-2022 9.11, RFC 6665, facts §4.4). Nobody has entered where a
 * school stands, so that of positions nothing is told but that the subscription stands. One per kind, and of alarms one per device that they are wanted of; a new one replaces its predecessor: platforms that restart say no goodbye.
 */
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import type { ManscdpMessage } from '../../protocols/manscdp/message.ts';
import type { Asked, Dialog } from '../../protocols/sip/dialog.ts';
import { SipFailure } from '../../protocols/sip/failure.ts';
import { expiresOf } from '../../protocols/sip/fields.ts';
import type { SipFlow } from '../../protocols/sip/flow.ts';
import type { IncomingRequest } from '../../protocols/sip/incoming.ts';
import { headerOf, type SipRequest, type SipResponse } from '../../protocols/sip/message.ts';
import { isSuccess } from '../../protocols/sip/status.ts';
import { wantsAlarm } from './alarm-filter.ts';
import type { Voice } from './voice.ts';

type Rooted<Root extends ManscdpMessage['root']> = Extract<ManscdpMessage, { readonly root: Root }>;
export type SubscriptionQuery = Extract<Rooted<'Query'>, { readonly cmdType: 'Catalog' | 'Alarm' | 'MobilePosition' }>;
export type SubscriptionKind = SubscriptionQuery['cmdType'];
export type SubscriptionNotice = Extract<Rooted<'Notify'>, { readonly cmdType: SubscriptionKind }>;
type CatalogueNotice = Extract<SubscriptionNotice, { readonly cmdType: 'Catalog' }>;
type AlarmNotice = Extract<SubscriptionNotice, { readonly cmdType: 'Alarm' }>;

interface Subscription {
  readonly key: string;
  readonly query: SubscriptionQuery;
  readonly dialog: Dialog;
  /** As the platform wrote it, with its id: each NOTIFY says it again. */
  event: string;
  /** On the clock that never jumps, ms. */
  endsAt: number;
  /** Ends the wait for its end: a refresh begins another. */
  waiting: AbortController;
  /** NOTIFYs leave one after the other; alarms wait for nothing. */
  last: Promise<unknown>;
  /** When it last answered; on the clock that never jumps, ms. */
  heardAt: number;
  /** Aborts once it leaves alarms unanswered; a refresh begins another. */
  silence: AbortController;
}

/** How an alarm is told. */
export interface Urgent {
  /** Of a subscription that answers nothing at all: then it is told no alarms until it refreshes. */
  readonly patience: Millis;
  /** The alarm has left. */
  readonly sent?: (flow: SipFlow) => void;
}

export interface SubscriptionParts {
  readonly voice: Voice;
  /** Our own code. */
  readonly device: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the first NOTIFY says; undefined: nothing but that it is there. */
  readonly first: (query: SubscriptionQuery) => SubscriptionNotice['content'] | undefined;
  /** Told of each new one, refreshes not. Must not throw. */
  readonly opened: (kind: SubscriptionKind) => void;
}

/** Where the platform says nothing. */
const usualExpires = 600;
const longestExpires = 7 * 86_400;
/** Alarms may be wanted of each device on its own. */
const most = 256;

export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #all = new Map<string, Subscription>();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#all.size;
  }

  has(kind: SubscriptionKind): boolean {
    return [...this.#all.values()].some(({ query }) => query.cmdType === kind);
  }

  /** A SUBSCRIBE outside a dialog; `query` is its body, undefined where it has none. Answers it; `signal` ends what comes of it. */
  take(incoming: IncomingRequest, query: Rooted<'Query'> | undefined, signal: AbortSignal): void {
    // By what is asked, not by the Event header: "presence" stands there for everything (facts §4.4).
    if (!query) incoming.answer(400, { reason: 'No MANSCDP query' });
    else if (!subscribable(query)) incoming.answer(489);
    else this.#open(incoming, query, signal);
  }

  #open(incoming: IncomingRequest, query: SubscriptionQuery, signal: AbortSignal): void {
    const key = query.cmdType === 'Alarm' ? `${query.cmdType} ${query.deviceId}` : query.cmdType;
    if (this.#all.size >= most && !this.#all.has(key)) {
      incoming.answer(503, { headers: { 'Retry-After': 60 } });
      return;
    }
    const expires = lengthOf(incoming.request);
    const { dialog } = incoming.accept((asked) => this.#inDialog(key, dialog, asked, signal), {
      headers: { Expires: expires },
      body: this.#parts.voice.bodyOf(acceptanceOf(query)),
    });
    this.#drop(key, 'was replaced.');
    const event = headerOf(incoming.request, 'Event') ?? query.cmdType;
    const subscription: Subscription = {
      ...{ key, query, dialog, event, endsAt: 0, waiting: new AbortController(), last: Promise.resolve() },
      ...{ heardAt: 0, silence: new AbortController() },
    };
    this.#all.set(key, subscription);
    // A platform that leaves without a word, or whose dialog broke.
    dialog.ended.addEventListener('abort', () => this.#forget(subscription), { once: true });
    void this.#send(subscription, this.#firstOf(query), signal);
    this.#extend(subscription, expires, signal);
    if (expires > 0) this.#parts.opened(query.cmdType);
  }

  /** In its subscription, after what it was told before; undefined: nobody has subscribed to that. Rejects with a SipFailure where no answer came. */
  async notify(notice: CatalogueNotice, signal: AbortSignal): Promise<SipResponse | undefined> {
    const subscription = this.#wanting(notice);
    return subscription && this.#send(subscription, notice, signal);
  }

  /**
   * At once: whoever sends alarms keeps those of one zone in order (ADR 0004). Undefined: nobody has subscribed to such alarms, or whoever did has fallen
   * silent. Rejects with the signal's reason, and with a SipFailure where no answer came: then all others that wait are given up as well.
   */
  async alarm(notice: AlarmNotice, signal: AbortSignal, { patience, sent }: Urgent): Promise<SipResponse | undefined> {
    const subscription = this.#wanting(notice);
    if (!subscription) return undefined;
    const { silence } = subscription;
    using life = linked(signal, silence.signal);
    const left = (flow: SipFlow) => {
      sent?.(flow);
      this.#untilSilent(subscription, patience, life.signal).then(
        () => silence.abort(new SipFailure('silent', `has not answered a NOTIFY for ${patience / 1_000} s.`)),
        () => undefined, // answered, or over
      );
    };
    try {
      return await this.#ask(subscription, notice, life.signal, { sent: left });
    } catch (error) {
      // Nobody there, or never was: each alarm would wait for it in vain.
      if (!signal.aborted) silence.abort(error);
      throw error;
    }
  }

  /** Without a word: a new registration begins without subscriptions (facts §3.7). */
  end(): void {
    for (const key of [...this.#all.keys()]) this.#drop(key, 'is registered anew.');
  }

  #wanting(notice: SubscriptionNotice): Subscription | undefined {
    return [...this.#all.values()].find(({ query, silence }) => !silence.signal.aborted && wants(query, notice, this.#parts.device));
  }

  /** From now on. One that answers others is slow, not silent: a burst takes its time. */
  async #untilSilent(subscription: Subscription, patience: Millis, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    for (const begun = clock.monotonic(); ; ) {
      const left = Math.max(begun, subscription.heardAt) + patience - clock.monotonic();
      if (left <= 0) return;
      await clock.sleep(millis(left), signal);
    }
  }

  #firstOf(query: SubscriptionQuery): SubscriptionNotice | undefined {
    const content = this.#parts.first(query);
    const head = { root: 'Notify' as const, sn: this.#parts.voice.nextSn(), deviceId: this.#parts.device };
    // Kind and content belong together: both come from one query.
    return content && ({ ...head, cmdType: query.cmdType, content } as SubscriptionNotice);
  }

  #inDialog(key: string, dialog: Dialog, asked: Asked, signal: AbortSignal): void {
    const subscription = this.#all.get(key);
    if (asked.request.method !== 'SUBSCRIBE' || !subscription || subscription.dialog !== dialog) {
      asked.answer(asked.request.method === 'SUBSCRIBE' ? 481 : 200);
      return;
    }
    const expires = lengthOf(asked.request);
    // A refresh may come without a body, and then there is nothing to answer in words.
    const body = asked.request.body.length === 0 ? {} : { body: this.#parts.voice.bodyOf(acceptanceOf(subscription.query)) };
    asked.answer(200, { headers: { Expires: expires }, ...body });
    subscription.event = headerOf(asked.request, 'Event') ?? subscription.event;
    // It is there after all.
    if (subscription.silence.signal.aborted) subscription.silence = new AbortController();
    this.#extend(subscription, expires, signal);
    if (expires > 0) void this.#send(subscription, this.#firstOf(subscription.query), signal);
  }

  #extend(subscription: Subscription, expires: number, signal: AbortSignal): void {
    const { clock } = this.#parts;
    subscription.waiting.abort();
    subscription.waiting = new AbortController();
    subscription.endsAt = clock.monotonic() + seconds(expires);
    if (expires === 0) {
      // At once: an alarm of the next moment must not go where nobody listens any more.
      void this.#terminate(subscription, signal);
      return;
    }
    clock.sleep(seconds(expires), subscription.waiting.signal).then(
      () => this.#terminate(subscription, signal),
      () => undefined, // refreshed, or over
    );
  }

  async #terminate(subscription: Subscription, signal: AbortSignal): Promise<void> {
    this.#forget(subscription);
    await this.#send(subscription, undefined, signal, 'terminated;reason=timeout').catch(() => undefined); // over is over
    subscription.dialog.end('has subscribed no longer.');
  }

  /** After what was sent before. */
  #send(subscription: Subscription, notice: SubscriptionNotice | undefined, signal: AbortSignal, state?: string): Promise<SipResponse> {
    const answered = subscription.last.then(() => this.#ask(subscription, notice, signal, state === undefined ? {} : { state }));
    subscription.last = answered.catch((error: unknown) =>
      this.#parts.log.debug('notification not answered', { kind: subscription.query.cmdType, error }),
    );
    return answered;
  }

  /** Resolves with any final answer; a refusal ends the subscription. Where no answer comes it stays: the link decides what is lost. */
  async #ask(
    subscription: Subscription,
    notice: SubscriptionNotice | undefined,
    signal: AbortSignal,
    { state, sent }: { readonly state?: string; readonly sent?: (flow: SipFlow) => void },
  ): Promise<SipResponse> {
    const { clock, voice } = this.#parts;
    const left = Math.max(0, Math.round((subscription.endsAt - clock.monotonic()) / 1_000));
    const headers = { Event: subscription.event, 'Subscription-State': state ?? `active;expires=${left};retry-after=0` };
    const content = { headers, ...(notice ? { body: voice.bodyOf(notice) } : {}), ...(sent ? { sent } : {}) };
    const response = await subscription.dialog.request('NOTIFY', content, signal);
    subscription.heardAt = clock.monotonic();
    // Of alarms that leave together one may be heard behind a later one: the 500 that a number out of turn gets is about that NOTIFY alone (RFC 5057).
    if (!isSuccess(response.status) && response.status !== 500) this.#drop(subscription.key, `refused NOTIFY with ${response.status}.`, subscription);
    return response;
  }

  #drop(key: string, sentence: string, only?: Subscription): void {
    const subscription = this.#all.get(key);
    if (!subscription || (only && only !== subscription)) return;
    this.#forget(subscription);
    subscription.dialog.end(sentence);
  }

  #forget(subscription: Subscription): void {
    subscription.waiting.abort();
    if (this.#all.get(subscription.key) === subscription) this.#all.delete(subscription.key);
  }
}

function subscribable(query: Rooted<'Query'>): query is SubscriptionQuery {
  return query.cmdType === 'Catalog' || query.cmdType === 'Alarm' || query.cmdType === 'MobilePosition';
}

function wants(query: SubscriptionQuery, notice: SubscriptionNotice, device: string): boolean {
  if (query.cmdType !== notice.cmdType) return false;
  if (query.cmdType !== 'Alarm' || notice.cmdType !== 'Alarm') return true;
  return (query.deviceId === device || query.deviceId === notice.deviceId) && wantsAlarm(query.content, notice.content);
}

/** s. */
function lengthOf(request: SipRequest): number {
  return Math.min(longestExpires, expiresOf(request) ?? usualExpires);
}

/** The body of the 200, which the standard shows and platforms like. */
function acceptanceOf({ cmdType, sn, deviceId }: SubscriptionQuery): ManscdpMessage {
  const head = { root: 'Response', sn, deviceId } as const;
  return cmdType === 'Catalog' ? { ...head, cmdType, content: { result: 'OK', items: [] } } : { ...head, cmdType, content: { result: 'OK' } };
}

/** A platform that lost our registration may have lost its subscriptions too: it asks anew (facts §3.7). */
export async function dropWithRegistration(
  subscriptions: Subscriptions,
  registrations: AsyncIterable<{ readonly lost: AbortSignal }>,
): Promise<void> {
  for await (const { lost } of registrations) {
    if (lost.aborted) subscriptions.end();
    else lost.addEventListener('abort', () => subscriptions.end(), { once: true });
  }
}

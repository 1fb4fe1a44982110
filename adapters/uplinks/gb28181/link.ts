/** What the parts of one uplink share: who both sides are, and the way to the platform while it stands. */
import type { Inventory } from '../../../gateway/domain/campus.ts';
import type { LinkStatus } from '../../../gateway/domain/health.ts';
import type { ChannelId, UplinkId } from '../../../gateway/domain/ids.ts';
import type { RtpWay } from '../../../gateway/domain/media.ts';
import { between, type Instant, type Millis, seconds } from '../../../gateway/domain/time.ts';
import type { UplinkContext } from '../../../gateway/domain/uplink-ports.ts';
import type { Words } from '../../../gateway/domain/words.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { type ManscdpMessage, writeManscdp } from '../../protocols/manscdp/message.ts';
import type { SipEndpoint } from '../../protocols/sip/endpoint.ts';
import { SipFailure } from '../../protocols/sip/failure.ts';
import type { SipFlow, SipPeer } from '../../protocols/sip/flow.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import type { SipOrder } from '../../protocols/sip/outbound.ts';
import { hostPort, sipUri } from '../../protocols/sip/uri.ts';
import { shareDoubts } from './owned.ts';
import { type Basics, charsetOf, domainOf, type GbSettings } from './settings.ts';
import { type Trouble, wordsOf } from './trouble.ts';

/** A server that we are registered with, or about to be. */
export interface Server {
  /** After a 302 another one than the settings name. */
  readonly code: string;
  readonly peer: SipPeer;
  /** A 302 named it. */
  readonly redirected?: true;
}

export interface Registration extends Server {
  readonly since: Instant;
  readonly endpoint: SipEndpoint;
  /** Aborts when it no longer holds: subscriptions are over then, calls are not. */
  readonly lost: AbortSignal;
}

/** Longer than a lost 200 of the registrar takes to come again. */
const registeredWithin = seconds(10);

/** A view that was accepted, and whose media connection did not come about, or whose camera gave no pictures. */
export interface MediaBlocked {
  readonly transport: RtpWay['transport'];
  readonly remote: string;
  readonly camera?: ChannelId;
}

/** A registration that stood, for so long, and why it did not last. */
export interface Loss {
  readonly trouble: Trouble;
  readonly at: Instant;
  readonly lasted: Millis;
}

const mostLosses = 32;

interface Telling {
  readonly to?: string;
  readonly sent?: (flow: SipFlow) => void;
}

export class PlatformLink {
  readonly uplink: UplinkId;
  readonly settings: GbSettings;
  readonly context: UplinkContext;
  #registration: Registration | undefined;
  readonly #listeners = new Set<() => void>();
  /** Set by whoever keeps the registration, while it stands. */
  onForgotten: ((status: number) => void) | undefined;
  onSentElsewhere: ((response: SipResponse) => void) | undefined;
  onMute: ((seconds: number) => void) | undefined;
  /** Whom we asked last to register us. */
  asked: Server | undefined;
  /** Of the last view; undefined once pictures have flowed. */
  mediaBlocked: MediaBlocked | undefined;
  #basics: Basics;
  #basicsSet = new AbortController();
  #sn = 0;
  #trouble: Trouble = { kind: 'opening' };
  readonly #losses: Loss[] = [];
  #status: LinkStatus;
  /** Of the inventory as it was last: somebody asks every second. */
  #doubted: { readonly inventory: Inventory; readonly doubts: readonly Words[] } | undefined;

  constructor(uplink: UplinkId, settings: GbSettings, context: UplinkContext) {
    this.uplink = uplink;
    this.settings = settings;
    this.#basics = { ...settings.keepalive, expires: settings.expires };
    this.context = context;
    this.#status = { state: 'down', since: context.clock.now(), sentence: wordsOf(this.#trouble, settings) };
  }

  /** What BasicParam says and what is done: as the settings have it, until a platform that may has ordered otherwise. Forgotten with the process. */
  get basics(): Basics {
    return this.#basics;
  }

  set basics(basics: Basics) {
    this.#basics = basics;
    this.#basicsSet.abort();
    this.#basicsSet = new AbortController();
  }

  /** Sleeps, no longer than until the basics are set anew; rejects with the signal's reason. */
  async sleep(length: Millis, signal: AbortSignal): Promise<void> {
    using rest = linked(signal, this.#basicsSet.signal);
    await this.context.clock.sleep(length, rest.signal).catch(() => signal.throwIfAborted());
  }

  /** Present while the platform knows us, as far as we can tell. */
  get registration(): Registration | undefined {
    return this.#registration;
  }

  /** Each registration from its beginning on, the present one first; one that came and went meanwhile is left out. */
  async *registrations(signal: AbortSignal): AsyncIterable<Registration> {
    let told: Registration | undefined;
    while (!signal.aborted) {
      const now = this.#registration;
      if (now && now !== told) {
        told = now;
        yield now;
      } else await this.#change(signal);
    }
  }

  /** For people, and for health. */
  get status(): LinkStatus {
    const inventory = this.context.door.inventory.current();
    if (this.#doubted?.inventory !== inventory) this.#doubted = { inventory, doubts: shareDoubts(this.settings, inventory) };
    const { doubts } = this.#doubted;
    return doubts.length === 0 ? this.#status : { ...this.#status, doubts };
  }

  /** Why there was no registration last. */
  get trouble(): Trouble {
    return this.#trouble;
  }

  /** The last of them, the oldest first: what happens again and again has another cause than what happened once. */
  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** Resolves while a registration stands, or once one does; rejects with the signal's reason. */
  async registered(signal: AbortSignal): Promise<Registration> {
    for await (const registration of this.registrations(signal)) return registration;
    throw signal.reason;
  }

  /**
   * Resolves once registered, or after a while without: a platform asks in the same breath in which it registers us, or its 200 is lost and the question
   * is not, and the answer would have nowhere to go.
   */
  async soonRegistered(signal: AbortSignal): Promise<void> {
    if (this.#registration) return;
    using limit = this.context.clock.deadline(registeredWithin, signal);
    await this.registrations(limit)[Symbol.asyncIterator]().next();
  }

  /** Somebody was answered as if we were not registered: whoever keeps the registration acts on it. */
  forgotten(status: number): void {
    this.onForgotten?.(status);
  }

  /** Somebody was answered with a 302. */
  sentElsewhere(response: SipResponse): void {
    this.onSentElsewhere?.(response);
  }

  /** Neither an alarm nor a keepalive after it was answered within so many seconds: the connection is not to be used again. */
  mute(seconds: number): void {
    this.onMute?.(seconds);
  }

  /** For what we begin ourselves. */
  nextSn(): number {
    this.#sn = (this.#sn % 999_999) + 1;
    return this.#sn;
  }

  /**
   * A MESSAGE to the server, or `to` another code there; `sent` is called once it has left. Resolves with the final response, whatever it is; rejects
   * with a SipFailure.
   */
  async tell(message: ManscdpMessage, signal: AbortSignal, { to, sent }: Telling = {}): Promise<SipResponse> {
    const registration = this.#registration;
    if (!registration) throw new SipFailure('closed', 'has not registered us.');
    const order = { ...this.messageTo(registration, message, to), ...(sent ? { sent } : {}) };
    return registration.endpoint.ask(order, registration.peer, signal);
  }

  messageTo(server: Server, message: ManscdpMessage, to = server.code): SipOrder {
    return { method: 'MESSAGE', ...this.uris(server, to), body: this.bodyOf(message) };
  }

  bodyOf(message: ManscdpMessage): { readonly type: string; readonly content: Buffer } {
    return { type: 'Application/MANSCDP+xml', content: writeManscdp(message, charsetOf(this.settings)) };
  }

  /** Request-URI, From and To of a request of ours outside dialogs. From is always the gateway, whatever the body is about (facts §4). */
  uris(server: Server, to = server.code): { readonly uri: string; readonly from: string; readonly to: string } {
    const domain = domainOf(this.settings, server.code);
    const uri = this.settings.requestUri === 'domain' ? sipUri(to, domain) : sipUri(to, hostPort(server.peer.address, server.peer.port));
    return { uri, from: sipUri(this.settings.codes.device, domain), to: sipUri(to, domain) };
  }

  // ---- for the registration alone

  up(registration: Registration, clockOffset: Millis | undefined): void {
    this.#registration = registration;
    this.#status = { state: 'up', since: this.context.clock.now(), ...(clockOffset === undefined ? {} : { clockOffset }) };
    for (const listener of [...this.#listeners]) listener();
  }

  /** The registration no longer holds, whatever comes next. */
  gone(): void {
    this.#registration = undefined;
  }

  /** Why there is none; `since` stays what it was while the trouble only changes. */
  down(trouble: Trouble): void {
    this.#trouble = trouble;
    const { state, since: before } = this.#status;
    const now = this.context.clock.now();
    const since = state === 'down' ? before : now;
    if (state === 'up') this.#losses.push({ trouble, at: now, lasted: between(before, now) });
    if (this.#losses.length > mostLosses) this.#losses.shift();
    this.#status = { state: 'down', since, sentence: wordsOf(trouble, this.settings, this.asked) };
  }

  measured(clockOffset: Millis | undefined): void {
    if (clockOffset !== undefined && this.#status.state === 'up') this.#status = { ...this.#status, clockOffset };
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });
  }
}

/** Live views of one platform (GB/T 28181-2022 §9.2): which INVITE is accepted, and what becomes of it. */
import { isIP } from 'node:net';
import { GatewayError, isGatewayError } from '../../../../gateway/domain/errors.ts';
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { RtpOrder, RtpWay } from '../../../../gateway/domain/media.ts';
import type { Logger, RtpSending } from '../../../../gateway/domain/ports.ts';
import { seconds } from '../../../../gateway/domain/time.ts';
import { Allowance } from '../../../../gateway/runtime/allowance.ts';
import { linked } from '../../../../gateway/runtime/linked.ts';
import type { GbSession } from '../../../protocols/sdp/gb-session.ts';
import { gbSsrc } from '../../../protocols/sdp/gb-ssrc.ts';
import type { Dialog } from '../../../protocols/sip/dialog.ts';
import { callIdOf } from '../../../protocols/sip/fields.ts';
import type { IncomingRequest } from '../../../protocols/sip/incoming.ts';
import { hostPort } from '../../../protocols/sip/uri.ts';
import { foreignMedia, maySendTo } from '../destinations.ts';
import { limitedLog } from '../limited-log.ts';
import type { PlatformLink, Registration } from '../link.ts';
import { mayShow } from '../settings.ts';
import { WhoMaySpeak } from '../who-may-speak.ts';
import { type PlayFacts, PlayLedger } from './ledger.ts';
import { type Offer, type Refusal, readOffer } from './offer.ts';
import { play } from './play.ts';

/** A final answer comes within 5 s (facts §3.6). */
const answersWithin = seconds(4.5);
/**
 * INVITEs a second, sustained, twice as many at once, and never fewer than it may hold plays: a wall opens all its windows together, and turns its
 * pages. Views of alarms are not counted.
 */
const invitesPerSecond = 20;
/** Plays go on without the platform for as long as it takes to restart it; then they are nobody's. */
const orphanedAfter = seconds(60);
const probesWithin = seconds(10);
const opposite = { udp: 'udp', 'tcp-active': 'tcp-passive', 'tcp-passive': 'tcp-active' } as const;

export class Live {
  readonly #link: PlatformLink;
  readonly #ledger: PlayLedger;
  readonly #receivers: WhoMaySpeak;
  readonly #allowance: Allowance;
  /** Of refusals. */
  readonly #log: Logger;
  readonly #dialogs = new Set<Dialog>();
  readonly #views = new Set<Promise<void>>();
  #ssrcs = 0;

  constructor(link: PlatformLink) {
    const { media, platform } = link.settings;
    const { clock, door, log } = link.context;
    this.#link = link;
    this.#log = limitedLog(log, clock);
    this.#ledger = new PlayLedger(media.most, (channel) => door.alarmed(channel));
    this.#receivers = new WhoMaySpeak(
      media.to ?? [platform.address, ...platform.alsoFrom].filter((network) => isIP(network.split('/')[0] ?? '') !== 0),
    );
    this.#allowance = new Allowance(clock, Math.max(invitesPerSecond, media.most));
  }

  get plays(): readonly PlayFacts[] {
    return this.#ledger.plays;
  }

  /** Resolves when the view is over, or was refused. `signal` is the life of the uplink. */
  async invite(incoming: IncomingRequest, signal: AbortSignal): Promise<void> {
    const offer = readOffer(incoming.request);
    if ('status' in offer) return this.#refuse(incoming, offer);
    const known = this.#channelOf(offer.codes);
    if (!known) return this.#refuse(incoming, { status: 404, reason: 'No Such Channel' });
    const { door } = this.#link.context;
    if (!door.alarmed(known.channel) && !this.#allowance.take()) return this.#refuse(incoming, { status: 503, reason: 'Too Many INVITEs' });
    const { session } = offer;
    if (!this.#mayReceive(session.address, incoming)) {
      const fields = { address: session.address, port: session.port, channel: known.channel, from: incoming.flow.remote.address };
      door.securityNotice({ uplink: this.#link.uplink, what: 'foreign media address', fields });
      return this.#refuse(incoming, { status: 403, reason: foreignMedia });
    }
    const facts = this.#factsOf(offer, known, incoming);
    using place = this.#ledger.take(facts);
    if (!place) return this.#refuse(incoming, { status: 486, reason: 'All Plays Taken' });
    using life = linked(signal, place.given);
    const view = this.#view(incoming, { offer, facts }, life.signal);
    this.#views.add(view);
    try {
      await view;
    } finally {
      this.#views.delete(view);
    }
  }

  /** Until the uplink ends. Plays that nobody at the platform knows any more are ended. */
  async run(signal: AbortSignal): Promise<void> {
    let found = new AbortController();
    for await (const registration of this.#link.registrations(signal)) {
      found.abort();
      found = new AbortController();
      void this.#probe(signal);
      void this.#mourn(registration, found.signal);
    }
    found.abort();
    await Promise.allSettled(this.#views);
  }

  async #view(incoming: IncomingRequest, { offer, facts }: { readonly offer: Offer; readonly facts: PlayFacts }, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#link.context;
    const { channel, callId, transport, remote } = facts;
    const named = { uplink: this.#link.uplink, channel, call: callId };
    let sending: RtpSending;
    try {
      using ready = clock.deadline(answersWithin, signal, incoming.cancelled);
      sending = await this.#open(this.#orderOf(offer, facts, incoming), facts, ready);
    } catch (error) {
      // A CANCEL was answered where it was heard.
      if (!incoming.cancelled.aborted) this.#refuse(incoming, signal.aborted ? givenUp : refusalOf(error), error);
      return;
    }
    if (incoming.cancelled.aborted || signal.aborted) {
      await sending[Symbol.asyncDispose]();
      if (!incoming.cancelled.aborted) this.#refuse(incoming, givenUp);
      return;
    }
    const answer = this.#answerOf(offer, facts, sending);
    log.info('play begun', { ...named, transport, remote, profile: facts.profile });
    let opened: Dialog | undefined;
    try {
      const { said, packets, bytes, cause } = await play(
        {
          ...{ incoming, offered: offer.session, answer, sending, clock },
          opened: (dialog) => {
            opened = dialog;
            this.#dialogs.add(dialog);
          },
        },
        signal,
      );
      if (cause === 'no-connection') this.#link.mediaBlocked = { transport, remote };
      else if (cause === 'no-pictures' && packets === 0) this.#link.mediaBlocked = { transport, remote, camera: channel };
      else if (packets > 0) this.#link.mediaBlocked = undefined;
      log.info('play ended', { ...named, said, packets, bytes, cause });
    } finally {
      if (opened) this.#dialogs.delete(opened);
    }
  }

  /** Patrol viewing makes do with the sub-stream while the link is full. */
  async #open(order: RtpOrder, facts: PlayFacts, signal: AbortSignal): Promise<RtpSending> {
    const { media } = this.#link.context.door;
    try {
      return await media.sendRtp(order, signal);
    } catch (error) {
      if (!isGatewayError(error, 'UPLINK_BUDGET') || order.profile === 'sub') throw error;
      facts.profile = 'sub';
      return media.sendRtp({ ...order, profile: 'sub' }, signal);
    }
  }

  #orderOf({ session, profile, payloadType }: Offer, { channel, ssrc }: PlayFacts, incoming: IncomingRequest): RtpOrder {
    const { settings, registration } = this.#link;
    const { ports } = settings.media;
    const remote = { address: session.address, port: session.port };
    const transport = opposite[session.transport];
    const callers = [session.address, incoming.flow.remote.address].filter((address) => this.#mayReceive(address, incoming));
    const way: RtpWay = transport === 'tcp-passive' ? { transport, from: callers } : { transport, remote };
    const address = settings.advertised ? (registration?.endpoint.bound?.address ?? incoming.flow.local.address) : incoming.flow.local.address;
    return {
      ...{ channel, profile, purpose: 'patrol', way, ssrc, payloadType, sound: true },
      local: { address, ...(ports ? { ports: { first: ports.from, last: ports.to } } : {}) },
    };
  }

  /** The same `s=`, `t=` and `y=`, one format, an address that is never empty (facts §5.1). */
  #answerOf({ session, payloadType }: Offer, { code, ssrc }: PlayFacts, { local }: RtpSending): GbSession {
    const { name, start, stop } = session;
    return {
      ...{ name, owner: code, start, stop, kind: 'video' },
      address: this.#link.settings.advertised?.address ?? local.address,
      port: local.port,
      transport: opposite[session.transport],
      direction: 'sendonly',
      formats: [{ payloadType, encoding: 'PS', clockRate: 90_000 }],
      ssrc,
    };
  }

  #factsOf({ session, stream, profile }: Offer, known: { readonly code: string; readonly channel: ChannelId }, incoming: IncomingRequest): PlayFacts {
    return {
      ...known,
      profile,
      callId: callIdOf(incoming.request),
      transport: opposite[session.transport],
      ssrc: session.ssrc ?? this.#freeSsrc(),
      remote: hostPort(session.address, session.port),
      stream,
      since: this.#link.context.clock.now(),
    };
  }

  #freeSsrc(): number {
    this.#ssrcs += 1;
    return gbSsrc(this.#link.settings.platform.code, 'live', this.#ssrcs);
  }

  /** A channel of the inventory that this platform may see. */
  #channelOf(codes: readonly string[]): { readonly code: string; readonly channel: ChannelId } | undefined {
    const { settings, context } = this.#link;
    const { channels } = context.door.inventory.current();
    const shared = channels.filter((channel) => mayShow(settings, channel));
    for (const code of codes) {
      const channel = shared.find(({ id }) => settings.codes.channels[id] === code);
      if (channel) return { code, channel: channel.id };
    }
    // Some ask the device itself (SRS): where it has one camera, they mean that.
    const [only, ...others] = shared;
    if (only && others.length === 0 && codes[0] === settings.codes.device) return { code: settings.codes.device, channel: only.id };
    return undefined;
  }

  /** Usual: the addresses from which the platform speaks. */
  #mayReceive(address: string, incoming: IncomingRequest): boolean {
    const { remote, local } = incoming.flow;
    if (!maySendTo(address, { remote: remote.address, local: local.address })) return false;
    return this.#receivers.check(address) || (this.#link.settings.media.to === undefined && address === remote.address);
  }

  #refuse(incoming: IncomingRequest, { status, reason }: Refusal, error?: unknown): void {
    incoming.answer(status, { reason, ...(status === 503 ? { headers: { 'Retry-After': 2 } } : {}) });
    const fields = { uplink: this.#link.uplink, uri: incoming.request.uri, status, reason, ...(error === undefined ? {} : { error }) };
    this.#log.warn('play refused', fields);
  }

  /** A platform that has restarted knows nothing of the calls before: whatever it answers with 481 is over. */
  async #probe(signal: AbortSignal): Promise<void> {
    using limit = this.#link.context.clock.deadline(probesWithin, signal);
    await Promise.allSettled([...this.#dialogs].map((dialog) => dialog.request('OPTIONS', {}, limit)));
  }

  /** `found`: aborts with the next registration, whose loss counts from its own beginning; and with the uplink, which ends its plays itself. */
  async #mourn({ lost }: Registration, found: AbortSignal): Promise<void> {
    if (!lost.aborted) await new Promise<void>((resolve) => lost.addEventListener('abort', () => resolve(), { once: true }));
    this.#link.context.clock.sleep(orphanedAfter, found).then(
      () => this.#ledger.endAll(`The platform has been gone for ${orphanedAfter / 1_000} s.`),
      () => undefined, // it is back, or the uplink ended
    );
  }
}

/** Its place was wanted, or the uplink ends. */
const givenUp: Refusal = { status: 486, reason: 'Given Up' };

const unavailable: Refusal = { status: 480, reason: 'Camera Unavailable' };

/** As platforms understand it (facts §5.1): 404 unknown, 480 off, 486 no capacity, 488 cannot be had like that. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof GatewayError)) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    return late ? { status: 480, reason: 'Camera Does Not Answer' } : { status: 500, reason: 'Server Internal Error' };
  }
  switch (error.code) {
    case 'NOT_FOUND':
      return { status: 404, reason: 'No Such Channel' };
    case 'UPLINK_BUDGET':
      return { status: 486, reason: 'Link Is Full' };
    case 'MEDIA_UNSUPPORTED':
      return { status: 488, reason: 'Not Acceptable Here' };
    case 'MEDIA_UNAVAILABLE':
      // Of our own address: no camera is to blame.
      return error.context.address === undefined ? unavailable : { status: 486, reason: 'No Port Free' };
    default:
      return unavailable;
  }
}

/** One police platform over GB/T 28181: a SIP endpoint of its own, a registration that is kept for ever, and the parts that the platform speaks to. */
import type { Delivery } from '../../../gateway/domain/delivery.ts';
import type { EventKind } from '../../../gateway/domain/event.ts';
import type { LinkStatus } from '../../../gateway/domain/health.ts';
import type { UplinkId } from '../../../gateway/domain/ids.ts';
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import type { Uplink, UplinkExamination } from '../../../gateway/domain/uplink-ports.ts';
import { type BackoffSettings, backoff } from '../../../gateway/runtime/backoff.ts';
import { linked } from '../../../gateway/runtime/linked.ts';
import { openSip, type SipEndpoint } from '../../protocols/sip/endpoint.ts';
import { hostPort } from '../../protocols/sip/uri.ts';
import { type Messenger, openMessenger } from './alarms/messenger.ts';
import { AlarmReceipts } from './alarms/receipts.ts';
import { owedKinds } from './alarms/settings.ts';
import { Desk } from './desk.ts';
import { Strangers } from './doctor/strangers.ts';
import { Ladder } from './ladder.ts';
import type { PlatformLink, Server } from './link.ts';
import { localAddress, resolveHost } from './local-address.ts';
import { type GbParts, openParts } from './parts.ts';
import { keepRegistered } from './registration.ts';
import { transportOf } from './settings.ts';
import type { Trouble } from './trouble.ts';
import { WhoMaySpeak } from './who-may-speak.ts';

/** Until a missing address or a taken port is looked at again. */
const againAfter: BackoffSettings = { first: seconds(1), most: seconds(15), jitter: 0.3 };
/** How often our own address is looked at. */
const lookEvery = seconds(5);
/** Behind a NAT, whose holes close after 30 s. */
const pingEvery: Millis = seconds(25);

const nobodySubscribed = async () => undefined;
const nothingOpen = () => ({ plays: 0, subscriptions: 0 });

export class Gb28181Uplink implements Uplink {
  readonly id: UplinkId;
  readonly accepts: ReadonlySet<EventKind>;
  readonly window: number;
  readonly #link: PlatformLink;
  readonly #password: string | undefined;
  readonly #ladder = new Ladder();
  readonly #strangers: Strangers;
  readonly #receipts = new AlarmReceipts();
  readonly #messenger: Messenger;
  /** Of the parts, while they are open. */
  #notify: GbParts['notifyAlarm'] = nobodySubscribed;
  #open: GbParts['open'] = nothingOpen;

  constructor(link: PlatformLink, password: string | undefined) {
    const { alarms, window } = link.settings;
    this.id = link.uplink;
    this.window = window;
    this.accepts = owedKinds(alarms);
    this.#link = link;
    this.#password = password;
    this.#strangers = new Strangers(link.settings);
    this.#messenger = openMessenger({ link, receipts: this.#receipts, notify: (notice, limit, urgent) => this.#notify(notice, limit, urgent) });
  }

  link(): LinkStatus {
    return this.#link.status;
  }

  /** The session ledger: what is open just now. Of calls, subscriptions and requests that are over nothing may be left. */
  get ledger() {
    const { clients = 0, servers = 0, dialogs = 0 } = this.#link.registration?.endpoint.ledger ?? {};
    return { clients, servers, dialogs, ...this.#open() };
  }

  async examine(signal: AbortSignal): Promise<UplinkExamination> {
    const { examine } = await import('./doctor/examine.ts'); // asked a few times in a box's life, and large
    return examine({ link: this.#link, ladder: this.#ladder, password: this.#password, strangers: this.#strangers }, signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    using life = linked(signal);
    const parts = openParts(this.#link);
    const desk = new Desk(this.#link, { ...parts, response: (response) => this.#receipts.take(response) }, life.signal);
    this.#notify = (notice, limit, urgent) => parts.notifyAlarm(notice, limit, urgent);
    this.#open = () => parts.open();
    const lives = [(ending: AbortSignal) => this.#endpoints(desk, ending), ...parts.lives].map((live) => live(life.signal));
    try {
      // The first that ends ends the others: all of them are to last.
      await Promise.race(lives);
    } finally {
      this.#notify = nobodySubscribed;
      this.#open = nothingOpen;
      life.abort();
      await Promise.allSettled(lives);
    }
  }

  deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }> {
    return this.#messenger.deliver(delivery, signal, left);
  }

  /** One endpoint after the other, each for as long as our address stays what it is. */
  async #endpoints(desk: Desk, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#link.context;
    for (let failures = 0; !signal.aborted; ) {
      const trouble = await this.#atAddress(desk, signal);
      if (!trouble) {
        failures = 0;
        continue;
      }
      this.#link.down(trouble);
      log.warn('uplink cannot speak', { uplink: this.id, trouble });
      await clock.sleep(backoff(againAfter, failures), signal).catch(() => undefined); // aborted: the loop's condition ends it
      failures += 1;
    }
  }

  /** Resolves when our address changes or the signal aborts; with what is wrong, where it cannot even begin. */
  async #atAddress(desk: Desk, signal: AbortSignal): Promise<Trouble | undefined> {
    const { settings, context } = this.#link;
    const { platform, local } = settings;
    const address = await resolveHost(platform.address);
    if (address === undefined) return { kind: 'unknown-host', said: platform.address };
    const own = await localAddress(local, address);
    if (own === undefined) return { kind: 'no-local-address', wanted: local.address ?? local.interface ?? `that leads to ${address}` };
    const allowed = new WhoMaySpeak([address, ...platform.alsoFrom]);
    let endpoint: SipEndpoint;
    try {
      endpoint = await this.#openSip(desk, { address: own, port: local.port }, allowed);
    } catch (error) {
      return cannotOpen(error, hostPort(own, local.port));
    }
    await using open = endpoint;
    using stay = linked(signal);
    const home: Server = { code: platform.code, peer: { transport: transportOf(settings), address, port: platform.port } };
    const credentials = this.#password === undefined ? undefined : { username: settings.username ?? settings.codes.device, password: this.#password };
    const trust = (server: string) => {
      allowed.follow(server);
      open.leaveStrangers((address) => allowed.check(address));
    };
    const registered = keepRegistered({ link: this.#link, endpoint: open, home, credentials, trust }, stay.signal);
    const watched = this.#watchAddress({ own, platform: address }, stay.signal).then((to) => {
      if (to === undefined) return;
      context.log.warn('own address changed', { uplink: this.id, from: own, to });
      this.#link.down({ kind: 'moved', to });
    });
    await Promise.race([registered, watched]);
    stay.abort();
    await Promise.all([registered, watched]);
    return undefined;
  }

  #openSip(desk: Desk, local: { readonly address: string; readonly port: number }, allowed: WhoMaySpeak): Promise<SipEndpoint> {
    const { settings, context, uplink } = this.#link;
    return openSip({
      timers: context.clock,
      local,
      ...(settings.advertised ? { advertised: settings.advertised } : {}),
      // A platform may come back by the other one: answers that are too long for a datagram, for example.
      transports: ['UDP', 'TCP'],
      userAgent: `CampusGateway/${context.door.box.version}`,
      request: (incoming) => desk.take(incoming),
      accepts: (address, datagram) => {
        const accepted = allowed.check(address);
        if (!accepted && datagram) this.#strangers.note(address, datagram, context.clock.now());
        else if (!accepted) this.#strangers.noteConnection(address, context.clock.now());
        return accepted;
      },
      tap: (passage) => this.#ladder.record(passage, context.clock.now()),
      pingEvery,
      trouble: ({ kind, remote, sentence, cause }) => {
        const fields = { kind, remote: hostPort(remote.address, remote.port), sentence };
        if (kind === 'noise' || kind === 'refused' || kind === 'full') context.door.securityNotice({ uplink, what: `sip ${kind}`, fields });
        else context.log.debug('sip trouble', { uplink, ...fields, cause });
      },
    });
  }

  /** Resolves with the new address; undefined: aborted first. */
  async #watchAddress(now: { readonly own: string; readonly platform: string }, signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#link.context;
    while (!signal.aborted) {
      await clock.sleep(lookEvery, signal).catch(() => undefined); // aborted: the loop's condition ends it
      if (signal.aborted) return undefined;
      const { local, platform } = this.#link.settings;
      // A name may lead elsewhere by now; what stands is not disturbed for it.
      const there = this.#link.registration ? now.platform : ((await resolveHost(platform.address)) ?? now.platform);
      if (there !== now.platform) return now.own;
      const found = await localAddress(local, now.platform);
      // None at all is a cable that is out: it may come back with the same address, and calls with it.
      if (found !== undefined && found !== now.own) return found;
    }
    return undefined;
  }
}

function cannotOpen(error: unknown, at: string): Trouble {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return { kind: 'port-taken', at };
  return { kind: 'no-local-address', wanted: at };
}

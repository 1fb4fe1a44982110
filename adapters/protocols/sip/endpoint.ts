/**
 * A SIP endpoint: both user agents of one local address, over UDP and TCP. It knows of no registration, no catalogue and no call: whoever opens it does.
 *
 * ```ts
 * await using endpoint = await openSip({ timers, local: { address, port: 5060 }, transports: ['UDP'], userAgent, request: (incoming) => incoming.answer(200) });
 * const response = await endpoint.ask({ method: 'REGISTER', uri, from, to, series, credentials }, peer, signal);
 * ```
 */
import type { Timers } from '../timers.ts';
import type { SipContext, SipTrouble } from './context.ts';
import type { AskedTaker } from './dialog.ts';
import { SipFailure } from './failure.ts';
import type { SipAddress, SipFlow, SipPeer, SipReceiver, SipTransport, SipTransportName } from './flow.ts';
import { Inbound, type RequestTaker } from './inbound.ts';
import type { SipMessage, SipResponse } from './message.ts';
import { type Invited, Outbound, type SipOrder, type Subscribed } from './outbound.ts';
import { readDatagram } from './read.ts';
import { openTcp, type TcpTransportOptions } from './tcp.ts';
import { type TransactionCaps, Transactions } from './transactions.ts';
import { openUdp } from './udp.ts';

export interface SipEndpointOptions {
  readonly timers: Timers;
  /** Own address, the one that faces the far side; port 0: any. Everything is sent from it. */
  readonly local: SipAddress;
  /** What Via and Contact say, where an address is mapped to ours. */
  readonly advertised?: SipAddress;
  /** On one port. */
  readonly transports: readonly SipTransportName[];
  readonly userAgent: string;
  /** Requests outside dialogs. Each is to be answered, within 32 s: then it is, with 500. */
  readonly request: RequestTaker;
  /** May this address speak here? SIP is not authenticated after the registration (gb28181 §11). `datagram`: unread, over UDP. Default: every one. */
  readonly accepts?: (address: string, datagram?: Buffer) => boolean;
  /** ms between pings on TCP connections (RFC 5626 §4.4.1); absent: none. */
  readonly pingEvery?: number;
  readonly trouble?: (trouble: SipTrouble) => void;
  /** Hears every message, repetitions too, in both directions: for a call ladder. Authorization is in it. Like `trouble`, it must not throw. */
  readonly tap?: (passage: SipPassage) => void;
  /** How sockets are opened; a simulator puts bad weather in between. Default: `openTransport`. */
  readonly opening?: TransportOpener;
  readonly caps?: { readonly transactions?: TransactionCaps; readonly dialogs?: number };
}

export type TransportOpener = (name: SipTransportName, options: TcpTransportOptions) => Promise<SipTransport>;

export const openTransport: TransportOpener = (name, options) => (name === 'UDP' ? openUdp(options) : openTcp(options));

export interface SipPassage {
  readonly direction: 'in' | 'out';
  readonly transport: SipTransportName;
  readonly remote: SipAddress;
  readonly message: SipMessage;
}

/** Rejects with the socket's error where the address cannot be bound. */
export async function openSip(options: SipEndpointOptions): Promise<SipEndpoint> {
  for (let attempt = 1; ; attempt += 1) {
    const endpoint = new SipEndpoint(options);
    try {
      await endpoint.open();
      return endpoint;
    } catch (error) {
      await endpoint[Symbol.asyncDispose]();
      // Any port that is free for one transport may be taken for the other: another one will do.
      if (options.local.port !== 0 || attempt === mostAttempts) throw error;
    }
  }
}

const mostAttempts = 5;

class SipEndpoint implements AsyncDisposable {
  readonly #options: SipEndpointOptions;
  readonly #transports = new Map<SipTransportName, SipTransport>();
  readonly #transactions: Transactions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;

  constructor(options: SipEndpointOptions) {
    const { timers, userAgent, trouble = () => undefined } = options;
    this.#options = options;
    this.#transactions = new Transactions(timers, options.caps?.transactions);
    const context: SipContext = { timers, userAgent, trouble, transactions: this.#transactions, flowTo: (peer) => this.flowTo(peer) };
    this.#inbound = new Inbound(context, options.request, options.caps?.dialogs);
    this.#outbound = new Outbound(context, this.#inbound.dialogs);
  }

  async open(): Promise<void> {
    const { transports, local, advertised, timers, pingEvery, tap, opening = openTransport } = this.#options;
    const { accepts = () => true, trouble = () => undefined } = this.#options;
    const receiver: SipReceiver = {
      accepts,
      message: (read, flow) => {
        tap?.({ direction: 'in', transport: flow.transport, remote: flow.remote, message: read.message });
        this.#inbound.take(read, flow);
      },
      sent: (bytes, { transport, remote }) => {
        const message = tap && readAgain(bytes);
        if (message) tap({ direction: 'out', transport, remote, message });
      },
      noise: (remote, sentence) => trouble({ kind: 'noise', remote, sentence }),
    };
    for (const name of transports) {
      // The second one takes the port that the first one got.
      this.#transports.set(name, await opening(name, { local: this.bound ?? local, advertised, receiver, timers, pingEvery }));
    }
  }

  /** The own address, its port as it was given. */
  get bound(): SipAddress | undefined {
    const [first] = this.#transports.values();
    return first?.bound;
  }

  /** For a session ledger: what is open. Nothing may grow for ever. */
  get ledger(): { readonly clients: number; readonly servers: number; readonly cached: number; readonly dialogs: number } {
    return { ...this.#transactions.size, dialogs: this.#inbound.dialogs.size };
  }

  /** An open connection to the peer, or a new one; its `closed` tells when it is gone. Rejects with a SipFailure. */
  async flowTo(peer: SipPeer): Promise<SipFlow> {
    const transport = this.#transports.get(peer.transport);
    if (!transport) throw new SipFailure('unreachable', `cannot be asked over ${peer.transport}: this endpoint does not speak it.`);
    return transport.flowTo(peer);
  }

  /** Resets the connection to the peer: what does not answer may be a connection that stands still, and a new one is soon made. */
  leave(peer: SipPeer): void {
    this.#transports.get(peer.transport)?.leave(peer);
  }

  /** Closes the connections with whoever may not speak here any more: `accepts` is asked about new ones only. */
  leaveStrangers(maySpeak: (address: string) => boolean): void {
    for (const transport of this.#transports.values()) transport.leaveStrangers(maySpeak);
  }

  /** See Outbound. */
  ask(order: SipOrder, peer: SipPeer, signal: AbortSignal): Promise<SipResponse> {
    return this.#outbound.ask(order, peer, signal);
  }

  invite(order: Omit<SipOrder, 'method'>, peer: SipPeer, taker: AskedTaker, signal: AbortSignal): Promise<Invited> {
    return this.#outbound.invite(order, peer, taker, signal);
  }

  subscribe(order: Omit<SipOrder, 'method'>, peer: SipPeer, taker: AskedTaker, signal: AbortSignal): Promise<Subscribed> {
    return this.#outbound.subscribe(order, peer, taker, signal);
  }

  /** Says nothing to anybody: dialogs that deserve a BYE get it before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#inbound.dialogs.close();
    await Promise.all([...this.#transports.values()].map((transport) => transport[Symbol.asyncDispose]()));
    this.#transactions.close();
  }
}

/** What we wrote ourselves may be beyond what we would read: then it is not drawn. */
function readAgain(bytes: Uint8Array): SipMessage | undefined {
  try {
    return readDatagram(bytes).message;
  } catch {
    return undefined;
  }
}

export type { SipEndpoint };

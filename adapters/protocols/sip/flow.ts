/** A way to one far side and back: over UDP a pair of addresses, over TCP a connection (the word is RFC 5626's). */
import type { ReadSip } from './read.ts';

export interface SipAddress {
  /** IP address, IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

export type SipTransportName = 'UDP' | 'TCP';

export interface SipPeer extends SipAddress {
  readonly transport: SipTransportName;
}

export interface SipFlow {
  readonly transport: SipTransportName;
  /** What Via and Contact say of us. */
  readonly local: SipAddress;
  readonly remote: SipAddress;
  /** Aborts, with a SipFailure, when the connection or the transport is closed. */
  readonly closed: AbortSignal;
  /** Resolves when the kernel has it; rejects with a SipFailure. */
  send(bytes: Uint8Array): Promise<void>;
}

/** Who hears what a transport receives. Must not throw. */
export interface SipReceiver {
  /** Asked before anything is read; over UDP with what came, over TCP about the connection. */
  accepts(address: string, datagram?: Buffer): boolean;
  message(read: ReadSip, flow: SipFlow): void;
  /** Hears what is sent, before it goes. */
  sent(bytes: Uint8Array, flow: SipFlow): void;
  /** Bytes that are no SIP, or a connection that was not taken. */
  noise(remote: SipAddress, sentence: string): void;
}

export interface SipTransport extends AsyncDisposable {
  /** Where it is bound. */
  readonly bound: SipAddress;
  /** Rejects with a SipFailure. */
  flowTo(remote: SipAddress): Promise<SipFlow>;
  /** Resets the connection, where there is one: what it has not carried yet it never will, and the next flow is a new one. */
  leave(remote: SipAddress): void;
  /** Closes the connections with whoever may not speak here any more, by whichever side they were opened. */
  leaveStrangers(maySpeak: (address: string) => boolean): void;
}

export interface SipTransportOptions {
  /** Port 0: any. */
  readonly local: SipAddress;
  /** What Via and Contact say, where somebody maps an address to ours; default `local`. */
  readonly advertised?: SipAddress | undefined;
  readonly receiver: SipReceiver;
}

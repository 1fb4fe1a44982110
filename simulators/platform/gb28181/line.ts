/** The platform's SIP line: one address over UDP and TCP, which can vanish and return at the same port; and a ring of what passed over it. */
import { setMaxListeners } from 'node:events';
import type { SipTrouble } from '../../../adapters/protocols/sip/context.ts';
import { openSip, type SipEndpoint, type SipPassage } from '../../../adapters/protocols/sip/endpoint.ts';
import type { SipAddress, SipTransportName } from '../../../adapters/protocols/sip/flow.ts';
import type { RequestTaker } from '../../../adapters/protocols/sip/inbound.ts';
import type { SipMessage } from '../../../adapters/protocols/sip/message.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import type { Instant } from '../../../gateway/domain/time.ts';
import { type Weather, weatheredTransports } from './wire.ts';

export interface Passage extends SipPassage {
  readonly at: Instant;
}

interface LineOptions {
  readonly clock: Clock;
  readonly listen: SipAddress;
  readonly transports: readonly SipTransportName[];
  readonly weather: Weather;
  readonly request: RequestTaker;
  readonly trouble: (trouble: SipTrouble) => void;
}

const mostPassages = 400;

export class Line implements AsyncDisposable {
  readonly #options: LineOptions;
  readonly #ended = new AbortController();
  readonly #passages: Passage[] = [];
  #address: SipAddress;
  #endpoint: SipEndpoint | undefined;

  private constructor(options: LineOptions) {
    // Each message that is late waits with it.
    setMaxListeners(0, this.#ended.signal);
    this.#options = options;
    this.#address = options.listen;
  }

  /** Rejects with the socket's error where the address cannot be bound. */
  static async open(options: LineOptions): Promise<Line> {
    const line = new Line(options);
    await line.up();
    return line;
  }

  /** Bound. */
  get address(): SipAddress {
    return this.#address;
  }

  get endpoint(): SipEndpoint {
    if (!this.#endpoint) throw new Error('The platform is down.');
    return this.#endpoint;
  }

  /** The newest last. Authorization headers say that they are there, and no more. */
  passages(): readonly Passage[] {
    return this.#passages.slice();
  }

  /** Every connection and dialog is gone; nobody is told. */
  async down(): Promise<void> {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    await endpoint?.[Symbol.asyncDispose]();
  }

  async up(): Promise<void> {
    if (this.#endpoint) return;
    const { clock, transports, weather, request, trouble } = this.#options;
    this.#endpoint = await openSip({
      timers: clock,
      local: this.#address,
      transports,
      userAgent: 'PoliceSimulator/1.0',
      request,
      trouble,
      tap: (passage) => this.#keep(passage),
      opening: weatheredTransports(weather, clock, this.#ended.signal),
    });
    this.#address = this.#endpoint.bound ?? this.#address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.down();
  }

  #keep(passage: SipPassage): void {
    this.#passages.push({ at: this.#options.clock.now(), ...passage, message: masked(passage.message) });
    if (this.#passages.length > mostPassages) this.#passages.shift();
  }
}

/** A digest of a weak password can be guessed from its proof. */
function masked(message: SipMessage): SipMessage {
  const secret = /^(proxy-)?authorization$/i;
  if (!message.headers.some(({ name }) => secret.test(name))) return message;
  return { ...message, headers: message.headers.map(({ name, value }) => ({ name, value: secret.test(name) ? '…' : value })) };
}

/** The registrar of a platform, written for the tests of the device's side: what it hears, in order, and what it is told to answer. */
import { DigestDoor } from '../../adapters/protocols/digest.ts';
import { type ManscdpMessage, readManscdp, writeManscdp } from '../../adapters/protocols/manscdp/message.ts';
import type { AskedTaker } from '../../adapters/protocols/sip/dialog.ts';
import type { SipEndpoint } from '../../adapters/protocols/sip/endpoint.ts';
import { callIdOf, cseqOf, expiresOf } from '../../adapters/protocols/sip/fields.ts';
import type { SipFlow, SipTransportName } from '../../adapters/protocols/sip/flow.ts';
import type { IncomingRequest } from '../../adapters/protocols/sip/incoming.ts';
import { headerOf, type SipResponse } from '../../adapters/protocols/sip/message.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { freePorts } from './free-ports.ts';
import { localSip, never } from './sip-endpoint.ts';

export const device = '34020000001180000001';
export const server = '34020000002000000001';
export const password = '12345678';

interface Challenged {
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** Each answers a request, or gives undefined for the usual answer; `ignore` answers nothing at all. */
export type Whim = (incoming: IncomingRequest, registrar: GbRegistrar) => number | 'ignore' | Challenged | undefined;

export interface Heard {
  /** By the clock of the test. */
  readonly at: number;
  readonly method: string;
  readonly callId: string;
  readonly sequence: number;
  readonly signed: boolean;
  readonly expires: number | undefined;
  readonly message: ManscdpMessage | undefined;
}

export class GbRegistrar implements AsyncDisposable {
  readonly heard: Heard[] = [];
  /** Set it to misbehave. */
  whim: Whim = () => undefined;
  /** By which way the device last registered. */
  flow: SipFlow | undefined;
  registered = false;
  expires = 3_600;
  /** Of its clock before ours, ms. */
  ahead = 0;
  readonly #clock: Clock;
  readonly #door: DigestDoor;
  #sip: Awaited<ReturnType<typeof localSip>> | undefined;

  constructor(clock: Clock, options: { readonly qop?: boolean } = {}) {
    this.#clock = clock;
    this.#door = new DigestDoor({ realm: '3402000000', now: () => clock.now(), algorithms: ['MD5'], ...options });
  }

  /** `port`: its own of before; else one where nobody else answers, by the other transport neither. */
  async open(transport: SipTransportName = 'UDP', port?: number): Promise<this> {
    const [free = 0] = port === undefined ? await freePorts(1) : [port];
    this.#sip = await localSip({ transports: [transport], local: { address: '127.0.0.1', port: free }, request: (incoming) => this.#take(incoming) });
    return this;
  }

  /** As a process that is gone: silence over UDP, a closed connection over TCP. */
  async close(): Promise<void> {
    await this.#sip?.[Symbol.asyncDispose]();
    this.#sip = undefined;
    this.registered = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get port(): number {
    return this.#sip?.port ?? 0;
  }

  get endpoint(): SipEndpoint {
    if (!this.#sip) throw new Error('The registrar is closed.');
    return this.#sip.endpoint;
  }

  /** An answer that the device is to sign anew after. */
  stale(): Challenged {
    return { status: 401, headers: { 'WWW-Authenticate': this.#door.challenge(true)[0] ?? '' } };
  }

  of(method: string): readonly Heard[] {
    return this.heard.filter((each) => each.method === method);
  }

  get keepalives(): readonly Heard[] {
    return this.heard.filter(({ message }) => message?.cmdType === 'Keepalive');
  }

  /** A MESSAGE to the device. */
  tell(message: ManscdpMessage): Promise<SipResponse> {
    const { peer, order } = this.#towardsDevice(message);
    return this.endpoint.ask({ method: 'MESSAGE', ...order }, peer, never);
  }

  /** `taker` hears its NOTIFYs. */
  subscribe(query: ManscdpMessage, taker: AskedTaker): ReturnType<SipEndpoint['subscribe']> {
    const { peer, order } = this.#towardsDevice(query);
    return this.endpoint.subscribe({ ...order, headers: { Event: query.cmdType, Expires: 600 } }, peer, taker, never);
  }

  #towardsDevice(message: ManscdpMessage) {
    if (!this.flow) throw new Error('Nobody has registered.');
    const { transport, remote } = this.flow;
    const [from, to] = [`sip:${server}@3402000000`, `sip:${device}@3402000000`];
    const body = { type: 'Application/MANSCDP+xml', content: writeManscdp(message, 'GB2312') };
    return { peer: { transport, ...remote }, order: { uri: to, from, to, body } };
  }

  #take(incoming: IncomingRequest): void {
    const { request } = incoming;
    this.heard.push({
      at: this.#clock.now(),
      method: request.method,
      callId: callIdOf(request),
      sequence: cseqOf(request)?.number ?? 0,
      signed: headerOf(request, 'Authorization') !== undefined,
      expires: expiresOf(request),
      message: messageOf(request.body),
    });
    const whim = this.whim(incoming, this);
    if (whim === 'ignore') return;
    if (whim !== undefined) incoming.answer(typeof whim === 'number' ? whim : whim.status, typeof whim === 'number' ? {} : { headers: whim.headers });
    else if (request.method === 'REGISTER') this.#register(incoming);
    else incoming.answer(this.registered ? 200 : 404);
  }

  #register(incoming: IncomingRequest): void {
    const proved = this.#door.verify(headerOf(incoming.request, 'Authorization'), 'REGISTER', () => password);
    if (proved === undefined || proved === 'stale') {
      incoming.answer(401, { headers: { 'WWW-Authenticate': this.#door.challenge(proved === 'stale') } });
      return;
    }
    const leaves = expiresOf(incoming.request) === 0;
    this.registered = !leaves;
    this.flow = incoming.flow;
    incoming.answer(200, {
      headers: { Expires: leaves ? 0 : this.expires, Date: new Date(this.#clock.now() + 28_800_000 + this.ahead).toISOString().slice(0, -1) },
    });
  }
}

function messageOf(body: Uint8Array): ManscdpMessage | undefined {
  if (body.length === 0) return undefined;
  const message = readManscdp(body);
  return message.root === 'foreign' ? undefined : message;
}

/**
 * Takes each request of the platform that belongs to no dialog, and gives it to the part that it is for. A MESSAGE is answered at once with a 200 that
 * says nothing but "heard"; what comes of it leaves later, as a MESSAGE of its own (facts §3.6).
 */
import type { Logger } from '../../../gateway/domain/ports.ts';
import type { ForeignMessage, ManscdpMessage } from '../../protocols/manscdp/message.ts';
import { readManscdp } from '../../protocols/manscdp/message.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { contentTypeOf, fromOf } from '../../protocols/sip/fields.ts';
import type { IncomingRequest } from '../../protocols/sip/incoming.ts';
import { parseUri } from '../../protocols/sip/uri.ts';
import { limitedLog } from './limited-log.ts';
import type { PlatformLink } from './link.ts';

type Rooted<Root extends ManscdpMessage['root']> = Extract<ManscdpMessage, { readonly root: Root }>;
export type GbQuery = Rooted<'Query'>;
export type GbControl = Rooted<'Control'>;
export type GbNotice = Rooted<'Notify'>;
export type GbBroadcast = Extract<GbNotice, { readonly cmdType: 'Broadcast' }>;
export type GbResponse = Rooted<'Response'>;

/** Who sent a MESSAGE: its answer goes to that code. */
export interface Asker {
  readonly code: string;
}

/** The parts of an uplink that hear the platform. What a promise rejects with is logged; the platform has had its 200 before. */
export interface DeskParts {
  query(query: GbQuery, asker: Asker, signal: AbortSignal): Promise<void>;
  control(control: GbControl, asker: Asker, signal: AbortSignal): Promise<void>;
  response(response: GbResponse): void;
  notice(notice: GbNotice): void;
  /** It wants to speak. */
  broadcast(notice: GbBroadcast, asker: Asker, signal: AbortSignal): Promise<void>;
  /** Outside a dialog; each is to be answered. What it throws is answered with 500. */
  subscribe(incoming: IncomingRequest, query: GbQuery | undefined, signal: AbortSignal): Promise<void>;
  invite(incoming: IncomingRequest, signal: AbortSignal): Promise<void>;
}

/** In hand at once. Each history looks through 2,000 alarms, one after the other, and fills no place of what is answered at once: four may wait. */
const mostInHand = { Query: 64, history: 5, Control: 64, Notify: 64 };

export class Desk {
  readonly #link: PlatformLink;
  readonly #parts: DeskParts;
  readonly #signal: AbortSignal;
  readonly #inHand = { Query: 0, history: 0, Control: 0, Notify: 0 };
  /** Of what the platform sends. */
  readonly #log: Logger;

  /** `signal` is the life of all that is begun here. */
  constructor(link: PlatformLink, parts: DeskParts, signal: AbortSignal) {
    this.#link = link;
    this.#parts = parts;
    this.#signal = signal;
    this.#log = limitedLog(link.context.log, link.context.clock);
  }

  async take(incoming: IncomingRequest): Promise<void> {
    switch (incoming.request.method) {
      case 'MESSAGE':
        return this.#message(incoming);
      case 'SUBSCRIBE':
        return this.#subscribe(incoming);
      case 'INVITE':
        return this.#parts.invite(incoming, this.#signal);
      case 'OPTIONS':
        return incoming.answer(200, { headers: { Accept: 'application/sdp, application/manscdp+xml' } });
      case 'REGISTER':
        return incoming.answer(405, { headers: { Allow: 'INVITE, ACK, BYE, CANCEL, INFO, OPTIONS, MESSAGE, SUBSCRIBE, NOTIFY' } });
      default:
        return incoming.answer(481);
    }
  }

  #message(incoming: IncomingRequest): void {
    const message = this.#read(incoming);
    if (!message) return;
    switch (message.root) {
      case 'Query':
        this.#begin(incoming, message, (asker) => this.#parts.query(message, asker, this.#signal));
        break;
      case 'Control':
        this.#begin(incoming, message, (asker) => this.#parts.control(message, asker, this.#signal));
        break;
      case 'Response':
        incoming.answer(200);
        this.#parts.response(message);
        break;
      case 'Notify':
        if (message.cmdType === 'Broadcast') {
          this.#begin(incoming, message, (asker) => this.#parts.broadcast(message, asker, this.#signal));
          break;
        }
        incoming.answer(200);
        this.#parts.notice(message);
        break;
      case 'foreign':
        // A platform that hears no 200 takes us for dead, whatever it said (facts §7 quirk 40).
        incoming.answer(200);
        this.#link.context.log.debug('message of an unknown kind', { uplink: this.#link.uplink, named: message.named });
        break;
    }
  }

  async #subscribe(incoming: IncomingRequest): Promise<void> {
    if (incoming.request.body.length === 0) return this.#parts.subscribe(incoming, undefined, this.#signal);
    const message = this.#read(incoming);
    if (!message) return;
    if (message.root === 'Query') return this.#parts.subscribe(incoming, message, this.#signal);
    incoming.answer(489);
  }

  /** Undefined: it made no sense, and was told so. */
  #read(incoming: IncomingRequest): ManscdpMessage | ForeignMessage | undefined {
    const type = contentTypeOf(incoming.request);
    if (type !== 'application/manscdp+xml' && type !== '') {
      incoming.answer(415, { headers: { Accept: 'application/manscdp+xml' } });
      return undefined;
    }
    try {
      return readManscdp(incoming.request.body);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      incoming.answer(400, { reason: 'Bad MANSCDP' });
      this.#log.warn('message unreadable', { uplink: this.#link.uplink, from: incoming.flow.remote.address, error });
      return undefined;
    }
  }

  #begin(incoming: IncomingRequest, message: GbQuery | GbControl | GbNotice, work: (asker: Asker) => Promise<void>): void {
    const { root, cmdType } = message;
    const kind = root === 'Query' && cmdType === 'Alarm' ? 'history' : root;
    // Steering is over at once: a stop goes by all that is in hand.
    if (this.#inHand[kind] >= mostInHand[kind] && !steers(message)) {
      incoming.answer(503, { headers: { 'Retry-After': 5 } });
      return;
    }
    incoming.answer(200);
    this.#inHand[kind] += 1;
    const code = parseUri(fromOf(incoming.request)?.uri ?? '')?.user || (this.#link.registration?.code ?? this.#link.settings.platform.code);
    // An order is obeyed at once, whoever hears of it.
    const began = root === 'Control' ? Promise.resolve() : this.#link.soonRegistered(this.#signal);
    began
      .then(() => work({ code }))
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#log.warn('platform not answered', { uplink: this.#link.uplink, asked: cmdType, error });
      })
      .finally(() => {
        this.#inHand[kind] -= 1;
      });
  }
}

function steers(message: GbQuery | GbControl | GbNotice): boolean {
  return message.root === 'Control' && message.cmdType === 'DeviceControl' && message.content.commands[0]?.name === 'PTZCmd';
}

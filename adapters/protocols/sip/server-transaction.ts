/** A request of the far side, our answer, and the cache of it for whoever asks again (RFC 3261 §17.2; RFC 6026 for 2xx). */
import type { Timers } from '../timers.ts';
import type { SipFlow } from './flow.ts';
import { type SipRequest, type SipResponse, writeMessage } from './message.ts';
import { isFinal, isSuccess } from './status.ts';
import { after, doubled, enough, patience, repeat, t4 } from './timing.ts';

export interface ServerUser {
  /** An ACK that came with the branch of the INVITE after our 2xx: not legal, and meant for the dialog. */
  acknowledged(ack: SipRequest): void;
  /** Our refusal of an INVITE was never acknowledged. */
  unacknowledged(): void;
}

export class ServerTransaction {
  /** Of the request, which itself is not kept: it may be large, and is done with once it is answered. */
  readonly #method: string;
  readonly flow: SipFlow;
  readonly #timers: Timers;
  readonly #user: ServerUser;
  #state: 'proceeding' | 'completed' | 'confirmed' | 'accepted' = 'proceeding';
  #last: Buffer | undefined;
  /** While a refusal of an INVITE is repeated. */
  readonly #repeating = new AbortController();
  readonly #over = new AbortController();

  constructor(method: string, flow: SipFlow, timers: Timers, user: ServerUser) {
    this.#method = method;
    this.flow = flow;
    this.#timers = timers;
    this.#user = user;
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** A final answer is given. */
  get answered(): boolean {
    return this.#state !== 'proceeding';
  }

  /** Bytes that are kept for whoever asks again. */
  get cached(): number {
    return this.#last?.length ?? 0;
  }

  /** The same request again, or the ACK of an INVITE. */
  receive(request: SipRequest): void {
    if (request.method === 'ACK') {
      if (this.#state === 'accepted') this.#user.acknowledged(request);
      else if (this.#state === 'completed') this.#confirm();
      return;
    }
    // Once accepted, the 2xx is repeated by its dialog alone (RFC 6026 §7.1).
    if (this.#last && this.#state !== 'accepted' && this.#state !== 'confirmed') this.#send(this.#last);
  }

  /** After a final response further ones are dropped. */
  respond(response: SipResponse): void {
    if (this.answered || this.over.aborted) return;
    this.#last = writeMessage(response);
    this.#send(this.#last);
    if (!isFinal(response.status)) return;
    const udp = this.flow.transport === 'UDP';
    if (this.#method !== 'INVITE') {
      this.#state = 'completed';
      this.#end(udp ? patience : 0); // Timer J
    } else if (isSuccess(response.status)) {
      this.#state = 'accepted';
      this.#end(patience); // Timer L
    } else {
      this.#state = 'completed';
      const refusal = this.#last;
      if (udp) repeat(this.#timers, doubled, this.#repeating.signal, () => this.#send(refusal)); // Timer G
      after(this.#timers, patience, this.#repeating.signal, () => {
        // Timer H
        this.abandon();
        this.#user.unacknowledged();
      });
    }
  }

  abandon(): void {
    this.#repeating.abort(enough);
    this.#over.abort(enough);
  }

  #confirm(): void {
    this.#state = 'confirmed';
    this.#repeating.abort(enough);
    this.#end(this.flow.transport === 'UDP' ? t4 : 0); // Timer I
  }

  #end(length: number): void {
    if (length === 0) this.#over.abort(enough);
    else after(this.#timers, length, this.over, () => this.#over.abort(enough));
  }

  /** An answer that does not arrive is asked for again. */
  #send(bytes: Buffer): void {
    this.flow.send(bytes).catch(() => undefined);
  }
}

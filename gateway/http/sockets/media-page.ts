/** The one socket of a page, as all its pictures share it: what the page owes, whether it still reads, and whole messages only. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { MediaText } from '../../domain/api.ts';
import type { Clock } from '../../domain/ports.ts';
import { type Millis, millis } from '../../domain/time.ts';
import { closeCodes } from './door.ts';

/** What a page needs of its socket. */
export interface PageSocket {
  readonly socket: Pick<WebSocket, 'OPEN' | 'readyState' | 'bufferedAmount' | 'terminate'> & {
    send(text: string): void;
    send(part: Uint8Array, options: { readonly fin: boolean; readonly binary: true }): void;
    close(code: number, reason: string): void;
  };
  /** The connection below it. */
  readonly wire: Pick<Duplex, 'cork' | 'uncork'>;
}

const mostGranted = 8 * 1024 * 1024;

export class MediaPage {
  readonly #socket: PageSocket['socket'];
  readonly #wire: PageSocket['wire'];
  readonly #clock: Clock;
  /** Bytes that the page may owe. */
  readonly #limit: number;
  #sent = 0;
  #taken = 0;
  #movedAt: Millis;
  #granted = 0;

  constructor({ socket, wire }: PageSocket, clock: Clock, limit: number) {
    this.#socket = socket;
    this.#wire = wire;
    this.#clock = clock;
    this.#limit = limit;
    this.#movedAt = clock.monotonic();
  }

  /** Bytes that the kernel has not yet taken. */
  get owed(): number {
    return this.#socket.bufferedAmount;
  }

  /** Whether it owes more than this share of the limit, and of what it was granted on top. */
  owesMoreThan(share: number): boolean {
    const { owed } = this;
    if (owed === 0) this.#granted = 0;
    return owed > this.#limit * share + this.#granted;
  }

  /** What a picture starts with comes at once, and may be owed until it has been taken. */
  grant(bytes: number): void {
    this.#granted = Math.min(this.#granted + bytes, mostGranted);
  }

  /** How long it has taken nothing although something waits. */
  get stalled(): Millis {
    const now = this.#clock.monotonic();
    const { owed } = this;
    const taken = this.#sent - owed;
    if (owed === 0 || taken > this.#taken) this.#movedAt = now;
    this.#taken = taken;
    return millis(now - this.#movedAt);
  }

  say(text: MediaText): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(text));
  }

  /** One message of two frames (RFC 6455 §5.4): the second one is the same bytes for whoever watches, and is never copied. */
  send(header: Uint8Array, bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#sent += header.byteLength + bytes.byteLength;
    this.#wire.cork();
    this.#socket.send(header, firstPart);
    this.#socket.send(bytes, lastPart);
    this.#wire.uncork();
  }

  /** The close frame queues behind what the page does not read: say it, then cut. */
  cut(): void {
    this.#socket.close(closeCodes.tooSlow, 'Too slow for these pictures.');
    this.#socket.terminate();
  }
}

const firstPart = { fin: false, binary: true } as const;
const lastPart = { fin: true, binary: true } as const;

/** The one socket of a page, as all its pictures share it: what the page owes, whether it still reads, and whole messages only. */
import type { WebSocket } from 'ws';
import type { MediaText } from '../../domain/api.ts';
import type { Clock } from '../../domain/ports.ts';
import { type Millis, millis } from '../../domain/time.ts';
import { closeCodes } from './door.ts';
import { type MediaHead, writeMediaFrame } from './media-frame.ts';

/** What a page needs of its socket. */
export interface PageSocket {
  readonly socket: Pick<WebSocket, 'OPEN' | 'readyState' | 'bufferedAmount' | 'terminate'> & {
    send(text: string): void;
    close(code: number, reason: string): void;
  };
  /** The connection below it. */
  readonly wire: { write(frame: Buffer, done: (error?: Error | null) => void): unknown };
}

const mostGranted = 8 * 1024 * 1024;

export class MediaPage {
  readonly #socket: PageSocket['socket'];
  readonly #write: PageSocket['wire']['write'];
  readonly #clock: Clock;
  /** Bytes that the page may owe. */
  readonly #limit: number;
  #sent = 0;
  #taken = 0;
  #movedAt: Millis;
  #granted = 0;

  constructor({ socket, wire }: PageSocket, clock: Clock, limit: number) {
    this.#socket = socket;
    this.#write = (frame, done) => wire.write(frame, done);
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

  /** One message; copies the bytes. */
  send(head: MediaHead, bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#sent += writeMediaFrame(head, bytes, this.owed > 0, this.#write);
  }

  /** The close frame queues behind what the page does not read: say it, then cut. */
  cut(): void {
    this.#socket.close(closeCodes.tooSlow, 'Too slow for these pictures.');
    this.#socket.terminate();
  }
}

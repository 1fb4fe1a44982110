/**
 * Stands between a panel's socket and the MQTT parser, which has no cap of its own: mqtt-packet collects whatever a header announces
 * (up to 256 MiB). Counts bytes by the fixed header (MQTT 3.1.1 §2.2), cuts a packet that announces too much before any of it is kept,
 * and slows a panel that says too much: its socket is not read until its allowance has grown again. Nothing is ever dropped silently.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, millis } from '../../gateway/domain/time.ts';

/** Packets that a panel may send: `perSecond` for ever, `burst` at once. Shared by all connections of one panel. */
export interface Allowance {
  /** Counts packets; returns how long to wait before more may be read. */
  spend(packets: number): Millis;
}

export function allowance({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }, clock: Clock): Allowance {
  let left = burst;
  let counted = clock.monotonic();
  return {
    spend(packets) {
      const now = clock.monotonic();
      left = Math.min(burst, left + ((now - counted) / 1_000) * perSecond) - packets;
      counted = now;
      return millis(left >= 0 ? 0 : Math.ceil((-left / perSecond) * 1_000));
    },
  };
}

export interface Guard {
  readonly clock: Clock;
  /** Remaining length of a packet, at most. */
  readonly maxPacketBytes: number;
  /** Everything before sign-in, at most: one CONNECT. */
  readonly maxUnknownBytes: number;
  /** Slowed without a pause for this long: the connection is closed. */
  readonly floodAfter: Millis;
  readonly onSlowed: () => void;
}

export class GuardedConnection extends Duplex {
  readonly #socket: Socket;
  readonly #guard: Guard;
  readonly #life = new AbortController();
  #allowance: Allowance | undefined;
  #unknownBytes = 0;
  /** Bytes of the current packet still to come; undefined: a header is being read. */
  #bodyLeft = 0;
  #header: 'type' | 'length' = 'type';
  #length = 0;
  #lengthBytes = 0;
  #slowedSince: Millis | undefined;
  #waiting = false;

  constructor(socket: Socket, guard: Guard) {
    super({ readableHighWaterMark: 16 * 1024 });
    this.#socket = socket;
    this.#guard = guard;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** The panel has signed in: from here on its allowance counts. */
  admit(allowed: Allowance): void {
    this.#allowance = allowed;
  }

  override _read(): void {
    if (!this.#waiting) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  /** mqtt-packet writes an answer in pieces: together they are one system call, and one packet on the wire. */
  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#life.abort();
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    if (this.#allowance === undefined) {
      this.#unknownBytes += chunk.byteLength;
      if (this.#unknownBytes > this.#guard.maxUnknownBytes) {
        this.#cut(`more than ${this.#guard.maxUnknownBytes} bytes before sign-in`);
        return;
      }
    }
    const packets = this.#count(chunk);
    if (packets === undefined) return;
    if (!this.push(chunk)) this.#socket.pause();
    const wait = this.#allowance?.spend(packets) ?? millis(0);
    if (wait > 0) this.#slow(wait);
    else if (!this.#waiting) this.#slowedSince = undefined;
  }

  /** How many packets begin in the chunk; undefined: one was too large and the connection is gone. */
  #count(chunk: Buffer): number | undefined {
    let packets = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= step;
        at += step;
        continue;
      }
      const byte = chunk[at]!;
      at += 1;
      if (this.#header === 'type') {
        this.#header = 'length';
        this.#length = 0;
        this.#lengthBytes = 0;
        packets += 1;
        continue;
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
      this.#lengthBytes += 1;
      if (this.#length > this.#guard.maxPacketBytes) {
        this.#cut(`a packet of at least ${this.#length} bytes, where ${this.#guard.maxPacketBytes} are allowed`);
        return undefined;
      }
      if (byte < 0x80) {
        this.#header = 'type';
        this.#bodyLeft = this.#length;
      } else if (this.#lengthBytes === 4) {
        // MQTT 3.1.1 §2.2.3: at most four bytes.
        this.#cut('a remaining length of more than four bytes');
        return undefined;
      }
    }
    return packets;
  }

  #slow(wait: Millis): void {
    const { clock, floodAfter, onSlowed } = this.#guard;
    const now = clock.monotonic();
    if (this.#slowedSince === undefined) {
      this.#slowedSince = now;
      onSlowed();
    } else if (now - this.#slowedSince >= floodAfter) {
      this.#cut(`messages faster than allowed for ${floodAfter / 1_000} s`);
      return;
    }
    this.#waiting = true;
    this.#socket.pause();
    clock.sleep(wait, this.#life.signal).then(
      () => {
        this.#waiting = false;
        if (this.readableLength < this.readableHighWaterMark) this.#socket.resume();
      },
      () => undefined, // the connection closed meanwhile
    );
  }

  #cut(what: string): void {
    this.destroy(new Error(`The panel sent ${what}.`));
  }
}

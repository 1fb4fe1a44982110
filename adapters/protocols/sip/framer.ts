/** Cuts the bytes of a TCP connection into SIP messages by Content-Length (RFC 3261 §18.3), and hears the pings between them (RFC 5626 §4.4.1). */
import { ProtocolError } from '../protocol-error.ts';
import { checked, contentLength, endOfHead, mostBytes, mostHead, type ReadSip, readHead, type SipHead } from './read.ts';

export interface SipVisitor {
  message(read: ReadSip): void;
  /** CRLF CRLF where a message may begin: answer with CRLF. */
  ping(): void;
}

export class SipFramer {
  readonly #visitor: SipVisitor;
  /** What is not yet read: `#held` bytes. Grows by doubling, so that a message in many small reads is not copied for each, but not beyond its end. */
  #pending: Buffer = Buffer.alloc(0);
  #held = 0;
  /** No head ends before it. */
  #searched = 0;
  /** A head that is read while its body is not yet all here, and where the whole message ends. */
  #head: { readonly head: SipHead; readonly body: number; readonly end: number } | undefined;
  /** Line ends in a row at the start of what is pending. */
  #lineEnds = 0;

  constructor(visitor: SipVisitor) {
    this.#visitor = visitor;
  }

  /** True while a message has begun and not ended. */
  get waiting(): boolean {
    return this.#held > 0;
  }

  /** Throws ProtocolError for bytes whose end nobody knows; the connection is of no use after that. */
  push(chunk: Buffer): void {
    const joined = this.#held > 0;
    const bytes = joined ? this.#joined(chunk) : chunk;
    let at = 0;
    for (;;) {
      if (!this.#head) at = this.#quiet(bytes, at);
      const next = this.#take(bytes, at);
      if (next === undefined) break;
      at = next;
    }
    this.#keep(bytes, at, joined);
  }

  /** Line ends between messages: index of what follows. Four of them in a row are one ping. */
  #quiet(bytes: Buffer, from: number): number {
    let at = from;
    for (; bytes[at] === 13 || bytes[at] === 10; at += 1) {
      // CR LF CR LF: only whole pairs count, and bare line feeds are noise.
      const expected = this.#lineEnds % 2 === 0 ? 13 : 10;
      this.#lineEnds = bytes[at] === expected ? this.#lineEnds + 1 : 0;
      if (this.#lineEnds === 4) {
        this.#lineEnds = 0;
        this.#visitor.ping();
      }
    }
    if (at < bytes.length) this.#lineEnds = 0;
    return at;
  }

  /** One message that begins at `from`: index behind it. Undefined: it is not all here. */
  #take(bytes: Buffer, from: number): number | undefined {
    if (from >= bytes.length) return undefined;
    this.#head ??= this.#headAt(bytes, from);
    if (!this.#head || bytes.length < this.#head.end) return undefined;
    const { head, body, end } = this.#head;
    this.#head = undefined;
    this.#searched = 0;
    // A copy: whoever keeps a body of ten bytes must not keep the read of 64 KiB that it came in.
    this.#visitor.message(checked(head, Buffer.from(bytes.subarray(body, end)), undefined));
    return end;
  }

  #headAt(bytes: Buffer, from: number) {
    const end = endOfHead(bytes, from, this.#searched);
    // Of the empty line up to three bytes may be here.
    const most = mostHead + (end ? 0 : 3);
    if ((end?.at ?? bytes.length) - from > most) throw new ProtocolError(`a head of at most ${mostHead} bytes`, 'more', 'a SIP connection');
    if (!end) {
      this.#searched = Math.max(from, bytes.length - 3);
      return undefined;
    }
    const head = readHead(bytes.subarray(from, end.at));
    // Over a stream the length is a must (§18.3). Whoever leaves it out has no body, or is past understanding anyway.
    const body = contentLength(head.message) ?? 0;
    if (typeof body === 'object' || end.next - from + body > mostBytes) {
      const problem = typeof body === 'object' ? body : { status: 413 as const, sentence: 'Message Too Large' };
      this.#visitor.message(checked(head, bytes.subarray(0, 0), problem));
      throw new ProtocolError(`a message of at most ${mostBytes} bytes`, problem.sentence, 'header Content-Length');
    }
    return { head, body: end.next, end: end.next + body };
  }

  #joined(chunk: Buffer): Buffer {
    const length = this.#held + chunk.length;
    if (length > this.#pending.length) {
      const most = this.#head?.end ?? mostHead + 4;
      const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.min(most, Math.max(1_024, 2 * length))));
      this.#pending.copy(larger, 0, 0, this.#held);
      this.#pending = larger;
    }
    chunk.copy(this.#pending, this.#held);
    return this.#pending.subarray(0, length);
  }

  #keep(bytes: Buffer, from: number, joined: boolean): void {
    if (from >= bytes.length) {
      this.#pending = Buffer.alloc(0);
      this.#held = 0;
      this.#searched = 0;
      return;
    }
    if (from > 0 || !joined) {
      // Messages that were handed over keep the memory they lie in: what follows them moves to memory of its own.
      this.#pending = Buffer.from(bytes.subarray(from));
      this.#searched = Math.max(0, this.#searched - from);
      if (this.#head) this.#head = { ...this.#head, body: this.#head.body - from, end: this.#head.end - from };
    }
    this.#held = bytes.length - from;
  }
}

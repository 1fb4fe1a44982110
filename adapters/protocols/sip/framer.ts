/** Cuts the bytes of a TCP connection into SIP messages by Content-Length (RFC 3261 §18.3), and hears the pings between them (RFC 5626 §4.4.1). */
import { ProtocolError } from '../protocol-error.ts';
import { checked, contentLength, endOfHead, mostBytes, mostHead, ownCopy, type ReadSip, readHead, type SipHead } from './read.ts';

export interface SipVisitor {
  message(read: ReadSip): void;
  /** CRLF CRLF where a message may begin: answer with CRLF. */
  ping(): void;
}

/** Bytes from where a message begins: to the end of its head, to its body, and to its own end. */
interface Extent {
  readonly head: number;
  readonly body: number;
  readonly end: number;
}

/** Of the empty line behind a head up to three bytes may be here. */
const mostUnended = mostHead + 3;
const nothing = Buffer.alloc(0);

/**
 * Of a message that is not yet all here its bytes are held, once, and nothing else: never more than `mostBytes`, whatever is said and in whatever pieces
 * it comes. Its head, once read, is read again with its end: kept meanwhile, it would be held twice.
 */
export class SipFramer {
  readonly #visitor: SipVisitor;
  /** One message that has begun: `#held` bytes. Grows by doubling, so that a message in many small reads is not copied for each, but not beyond its end. */
  #pending: Buffer = nothing;
  #held = 0;
  /** No head ends before it. */
  #searched = 0;
  /** Of the message that is pending, once its head is here. */
  #extent: Extent | undefined;
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
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#held === 0) {
        this.#keep(rest, this.#read(rest));
        return;
      }
      // No more than what is pending may still need: the message behind it is read where it lies.
      const part = rest.subarray(0, (this.#extent?.end ?? mostUnended + 1) - this.#held);
      rest = rest.subarray(part.length);
      const bytes = this.#joined(part);
      const read = this.#read(bytes);
      if (read > 0) this.#keep(bytes, read);
    }
  }

  /** Whole messages, and what is between them: index of the one that is not all here. */
  #read(bytes: Buffer): number {
    for (let at = 0; ; ) {
      if (!this.#extent) at = this.#quiet(bytes, at);
      const next = this.#take(bytes, at);
      if (next === undefined) return at;
      at = next;
    }
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
    const known = this.#extent;
    const begun = known ? { extent: known, head: undefined } : this.#headAt(bytes, from);
    this.#extent = begun?.extent;
    if (!begun || bytes.length - from < begun.extent.end) return undefined;
    this.#extent = undefined;
    this.#searched = 0;
    const { head, body, end } = begun.extent;
    // A copy: whoever keeps a body of ten bytes must not keep the read of 64 KiB that it came in.
    const copy = ownCopy(bytes.subarray(from + body, from + end));
    this.#visitor.message(checked(begun.head ?? readHead(bytes.subarray(from, from + head)), copy, undefined));
    return from + end;
  }

  #headAt(bytes: Buffer, from: number): { readonly extent: Extent; readonly head: SipHead } | undefined {
    const end = endOfHead(bytes, from, this.#searched);
    const most = end ? mostHead : mostUnended;
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
    return { extent: { head: end.at - from, body: end.next - from, end: end.next - from + body }, head };
  }

  #joined(part: Buffer): Buffer {
    const length = this.#held + part.length;
    if (length > this.#pending.length) {
      const most = this.#extent?.end ?? mostUnended + 1;
      const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.min(most, Math.max(1_024, 2 * length))));
      this.#pending.copy(larger, 0, 0, this.#held);
      this.#pending = larger;
    }
    part.copy(this.#pending, this.#held);
    this.#held = length;
    return this.#pending.subarray(0, length);
  }

  /** What follows messages that were handed over, or begins, moves to memory of its own. */
  #keep(bytes: Buffer, from: number): void {
    this.#held = bytes.length - from;
    this.#pending = this.#held === 0 ? nothing : ownCopy(bytes.subarray(from));
    this.#searched = Math.max(0, this.#searched - from);
  }
}

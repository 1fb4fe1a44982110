/**
 * Cuts a connection's bytes into RTSP messages and interleaved frames (RFC 2326 §10.12), in either direction.
 * Whole frames are visited in place, in the buffer that the socket read: no copy, no object. Only one that is split over two reads is copied.
 */
import { ProtocolError } from '../protocol-error.ts';
import { bodyLength, parseHead, type RtspMessage } from './message.ts';

export interface RtspLimits {
  readonly head: number;
  readonly body: number;
}

/** The frame cap, 64 KiB, is in the format: its length field has 16 bits. */
export const usualLimits: RtspLimits = { head: 16 * 1024, body: 256 * 1024 };

export interface RtspVisitor {
  /** Its body may lie in the bytes that were pushed. */
  message(message: RtspMessage): void;
  /** One whole frame at bytes[start, end), its 4-byte header included. They lie in what was pushed, or in memory that is not used again. */
  frame(bytes: Buffer, start: number, end: number): void;
  /** So many bytes were neither, and were skipped; only after `tolerate`. */
  garbage?(length: number): void;
}

/** Bytes in a row that may be skipped: more is no slip of the sender, but another protocol. */
const mostGarbage = 256 * 1024;
/** How a message of a camera may begin. */
const messageStarts = ['RTSP/', 'OPTIONS ', 'GET_PARAMETER ', 'SET_PARAMETER ', 'ANNOUNCE ', 'REDIRECT ', 'TEARDOWN ', 'PLAY_NOTIFY '].map((text) =>
  Buffer.from(text, 'latin1'),
);
const longestStart = 14;
const beginsMessage = Uint8Array.from({ length: 256 }, (_, byte) => (messageStarts.some((start) => start[0] === byte) ? 1 : 0));

const dollar = 0x24;
const frameHead = 4;

export class RtspScanner {
  readonly #visitor: RtspVisitor;
  readonly #limits: RtspLimits;
  /** The unit that began in an earlier read; its first `#held` bytes are here. */
  #pending: Buffer = Buffer.alloc(0);
  #held = 0;
  /** Where to go on looking for the empty line. */
  #searched = 0;
  /** A head that is read while its body is not yet all here. */
  #head: { readonly message: RtspMessage; readonly length: number; readonly bodyLength: number } | undefined;
  #tolerant: ((channel: number) => boolean) | undefined;
  #skipped = 0;

  constructor(visitor: RtspVisitor, limits: RtspLimits = usualLimits) {
    this.#visitor = visitor;
    this.#limits = limits;
  }

  /**
   * From now on bytes that are neither are skipped, up to the next message or frame of a channel that `carries`: some cameras write garbage
   * between frames, or a wrong length, and go on well after it.
   */
  tolerate(carries: (channel: number) => boolean): void {
    this.#tolerant = carries;
  }

  /** Throws ProtocolError for bytes that are neither; the connection is of no use after that. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#held > 0 ? this.#resume(chunk, at) : this.#begin(chunk, at);
  }

  #begin(chunk: Buffer, at: number): number {
    const first = chunk[at]!;
    if (first === dollar) {
      // Both RTP and RTCP begin with version 2: what does not has a wrong length before it.
      if (this.#tolerant && at + frameHead < chunk.length && chunk[at + frameHead]! >> 6 !== 2 && chunk.readUInt16BE(at + 2) > 0) {
        return this.#skip(chunk, at);
      }
      if (at + frameHead <= chunk.length) {
        const end = at + frameHead + chunk.readUInt16BE(at + 2);
        if (end <= chunk.length) {
          this.#skipped = 0;
          this.#visitor.frame(chunk, at, end);
          return end;
        }
      }
      return this.#hold(chunk, at, chunk.length);
    }
    // RFC 2326 §4.1: empty lines before a message are to be ignored; some servers end every body with one.
    if (first === 0x0d || first === 0x0a || first === 0) return at + 1;
    if (this.#tolerant && !startsMessage(chunk, at, chunk.length)) return this.#skip(chunk, at);
    if (!isLetter(first)) throw new ProtocolError('"$" or a message', `0x${first.toString(16)}`, 'the start of a unit');
    return this.#whole(chunk, at) ?? this.#resume(chunk, at);
  }

  /** Visits a message that is all here, in place: holding it would copy the rest of the read with each of many short messages. */
  #whole(chunk: Buffer, at: number): number | undefined {
    const empty = findEmptyLine(chunk, at, Math.min(chunk.length, at + this.#limits.head));
    if (!empty) return undefined;
    const message = parseHead(chunk.subarray(at, empty.start));
    const end = empty.end + bodyLength(message, this.#limits.body);
    if (end > chunk.length) return undefined;
    this.#visitor.message({ ...message, body: chunk.subarray(empty.end, end) });
    return end;
  }

  /** Returns where something begins that could be a unit. */
  #skip(chunk: Buffer, at: number, before = 0): number {
    let to = at;
    while (to < chunk.length && !this.#mayBegin(chunk, to)) to += 1;
    const length = before + to - at;
    this.#skipped += length;
    if (this.#skipped > mostGarbage) throw new ProtocolError('frames', `${this.#skipped} bytes that are none`, 'the start of a unit');
    this.#visitor.garbage?.(length);
    return to;
  }

  #mayBegin(chunk: Buffer, at: number): boolean {
    if (chunk[at] !== dollar) return startsMessage(chunk, at, chunk.length);
    if (at + 1 < chunk.length && !this.#tolerant!(chunk[at + 1]!)) return false;
    return at + frameHead >= chunk.length || chunk[at + frameHead]! >> 6 === 2;
  }

  /** Goes on with the held unit; returns where the next one starts in `chunk`. */
  #resume(chunk: Buffer, at: number): number {
    if (this.#held > 0 && this.#pending[0] === dollar) return this.#resumeFrame(chunk, at);
    if (this.#tolerant && this.#held > 0 && this.#held < longestStart) {
      // What looked like a message was cut too short to tell.
      const held = this.#held;
      this.#hold(chunk, at, Math.min(chunk.length, at + longestStart - held));
      if (!startsMessage(this.#pending, 0, this.#held)) {
        this.#drop();
        return this.#skip(chunk, at, held);
      }
      at += this.#held - held;
    }
    const end = this.#hold(chunk, at, Math.min(chunk.length, at + this.#limits.head + this.#limits.body + 1));
    const length = this.#messageLength();
    if (length === undefined) return end;
    // What was held beyond the message came from this read: give it back.
    const surplus = this.#held - length;
    const head = this.#head!;
    const body = this.#pending.subarray(head.length, length);
    this.#drop();
    this.#visitor.message({ ...head.message, body });
    return end - surplus;
  }

  #resumeFrame(chunk: Buffer, at: number): number {
    if (this.#held < frameHead) {
      const end = this.#hold(chunk, at, Math.min(chunk.length, at + frameHead - this.#held));
      if (this.#held < frameHead) return end;
      at = end;
    }
    if (this.#tolerant && this.#held === frameHead && at < chunk.length && chunk[at]! >> 6 !== 2 && this.#pending.readUInt16BE(2) > 0) {
      this.#drop();
      return this.#skip(chunk, at, frameHead);
    }
    const length = frameHead + this.#pending.readUInt16BE(2);
    const end = this.#hold(chunk, at, Math.min(chunk.length, at + length - this.#held), length);
    if (this.#held < length) return end;
    const frame = this.#pending;
    this.#drop();
    this.#skipped = 0;
    this.#visitor.frame(frame, 0, length);
    return end;
  }

  /** Length of the held message, head and body; undefined while it is not all here. */
  #messageLength(): number | undefined {
    if (!this.#head) {
      const empty = findEmptyLine(this.#pending, Math.max(0, this.#searched - 3), this.#held);
      this.#searched = this.#held;
      if ((empty?.end ?? this.#held) > this.#limits.head) {
        throw new ProtocolError(`a header block of at most ${this.#limits.head} bytes`, 'more', 'the header block');
      }
      if (!empty) return undefined;
      const message = parseHead(this.#pending.subarray(0, empty.start));
      this.#head = { message, length: empty.end, bodyLength: bodyLength(message, this.#limits.body) };
    }
    const length = this.#head.length + this.#head.bodyLength;
    return this.#held >= length ? length : undefined;
  }

  /** Copies chunk[at, end) behind what is held; grows by doubling, so that a slow drip costs no more than a flood. Returns `end`. */
  #hold(chunk: Buffer, at: number, end: number, room = 0): number {
    const wanted = Math.max(room, this.#held + end - at);
    if (wanted > this.#pending.length) {
      // Never the pool: the body of a message is handed on where it lies, and may be kept.
      const grown = Buffer.allocUnsafeSlow(room > 0 ? wanted : Math.max(wanted, this.#pending.length * 2, 256));
      this.#pending.copy(grown, 0, 0, this.#held);
      this.#pending = grown;
    }
    chunk.copy(this.#pending, this.#held, at, end);
    this.#held += end - at;
    return end;
  }

  #drop(): void {
    this.#pending = Buffer.alloc(0);
    this.#held = 0;
    this.#searched = 0;
    this.#head = undefined;
  }
}

export type RtspPiece = RtspMessage | { readonly kind: 'frame'; readonly channel: number; readonly payload: Buffer };

/** The comfortable form, for whoever does not count packets: one object per message and per frame. */
export class RtspReader {
  #pieces: RtspPiece[] = [];
  readonly #scanner: RtspScanner;

  constructor(limits: RtspLimits = usualLimits) {
    this.#scanner = new RtspScanner(
      {
        message: (message) => this.#pieces.push(message),
        frame: (bytes, start, end) =>
          this.#pieces.push({ kind: 'frame', channel: bytes[start + 1]!, payload: bytes.subarray(start + frameHead, end) }),
      },
      limits,
    );
  }

  /** Everything that is complete now, in order. Throws ProtocolError. */
  push(chunk: Uint8Array): RtspPiece[] {
    this.#scanner.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}

/** An interleaved frame: "$", channel, length, payload. */
export function writeFrame(channel: number, payload: Uint8Array): Buffer {
  if (payload.length > 0xffff) throw new ProtocolError('a payload of at most 65535 bytes', `${payload.length}`, 'a frame to write');
  const frame = Buffer.allocUnsafe(frameHead + payload.length);
  frame[0] = dollar;
  frame[1] = channel;
  frame.writeUInt16BE(payload.length, 2);
  frame.set(payload, frameHead);
  return frame;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Are the bytes up to `to` the beginning of a message, as far as they go? */
function startsMessage(bytes: Buffer, at: number, to: number): boolean {
  if (beginsMessage[bytes[at]!] === 0) return false;
  for (const start of messageStarts) {
    const length = Math.min(start.length, to - at);
    let alike = 0;
    while (alike < length && bytes[at + alike] === start[alike]) alike += 1;
    if (alike === length) return true;
  }
  return false;
}

/** The first CRLF CRLF or LF LF: some cameras end lines with LF alone. */
function findEmptyLine(bytes: Buffer, from: number, to: number): { start: number; end: number } | undefined {
  for (let at = bytes.indexOf(0x0a, from); at >= 0 && at < to; at = bytes.indexOf(0x0a, at + 1)) {
    if (at + 1 < to && bytes[at + 1] === 0x0a) return { start: at, end: at + 2 };
    if (at + 2 < to && bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return { start: at, end: at + 3 };
  }
  return undefined;
}

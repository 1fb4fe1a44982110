/**
 * Takes a program stream apart and reports every violation with its offset (ISO/IEC 13818-1 §2.5, GB/T 28181-2022 Annex F). It never gives up: what
 * comes after a violation is read as well as it can be. Bytes in, pieces out, in their order; never throws.
 */
import { findStartCode } from '../h26x/nal.ts';
import {
  type PesHeader,
  type PsMap,
  type PsMapEntry,
  type PsRule,
  packHeaderLengthAt,
  readPackHeader,
  readPesHeader,
  readStreamMap,
  readSystemHeader,
} from './read-headers.ts';
import { startCodes, ticksBetween } from './streams.ts';

/** `offset`: bytes since the beginning of the stream. */
export type PsPiece =
  | { readonly kind: 'pack'; readonly offset: number; readonly scr: number; readonly muxRate: number }
  | { readonly kind: 'system-header'; readonly offset: number; readonly ids: readonly number[] }
  | { readonly kind: 'stream-map'; readonly offset: number; readonly version: number; readonly entries: readonly PsMapEntry[] }
  | PsPacket
  | { readonly kind: 'end'; readonly offset: number }
  | PsViolation;

export interface PsPacket {
  readonly kind: 'packet';
  readonly offset: number;
  /** stream_id: E0 and up are video, C0 and up sound. */
  readonly id: number;
  /** Ticks of 90 kHz, 33 bits. */
  readonly pts?: number;
  readonly dts?: number;
  readonly aligned: boolean;
  /** Shares the bytes that were pushed, where the packet came in one chunk. */
  readonly payload: Buffer;
}

export interface PsViolation {
  readonly kind: 'violation';
  readonly offset: number;
  readonly rule: PsRule;
  readonly what: string;
}

/** No packet header behind the length (ISO/IEC 13818-1 table 2-21): padding, private 2, ECM, EMM, directory, DSM-CC, H.222.1 E. */
const bare = new Set([0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff]);

export class PsDemuxer {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes without which there is nothing to do. */
  #wanted = 4;
  /** Offset of the first byte that is held. */
  #base = 0;
  #pieces: PsPiece[] = [];
  /** Offset where bytes began that belong to nothing. */
  #stray: number | undefined;
  #scr: number | undefined;
  #map: PsMap | undefined;
  /** What came last: a system header has its place right behind a pack header. */
  #last: PsPiece['kind'] | undefined;
  #said = new Set<string>();

  /** The pieces that are complete by now. Holds at most one structure, which is at most 64 KiB. */
  push(chunk: Buffer): PsPiece[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return [];
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    for (let next = this.#step(bytes, 0); next > at; next = this.#step(bytes, at)) at = next;
    this.#keep(bytes, at);
    return this.#taken();
  }

  /** Nothing more belongs to what is held. The stream may go on after that: an RTP packet with a marker ends a frame. */
  end(): PsPiece[] {
    const offset = this.#base;
    if (this.#stray !== undefined) this.#closeStray(offset + this.#held);
    else if (this.#held > 0)
      this.#pieces.push({ kind: 'violation', offset, rule: 'cut-short', what: `${this.#held} bytes of a structure that is longer` });
    this.#base += this.#held;
    this.#chunks = [];
    this.#held = 0;
    this.#wanted = 4;
    return this.#taken();
  }

  #keep(bytes: Buffer, from: number): void {
    this.#base += from;
    this.#held = bytes.length - from;
    this.#chunks = this.#held > 0 ? [bytes.subarray(from)] : [];
  }

  #taken(): PsPiece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Reads what begins at `at`; returns where it ends, or `at` where more bytes are needed. */
  #step(bytes: Buffer, at: number): number {
    this.#wanted = 4;
    if (bytes.length - at < 4) return at;
    const code = bytes[at + 3]!;
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1 || code < startCodes.end) return this.#skip(bytes, at);
    const end = this.#endOf(bytes, at, code);
    if (end === at) return at;
    const offset = this.#base + at;
    if (this.#stray !== undefined) this.#closeStray(offset);
    if (code === startCodes.end) this.#add({ kind: 'end', offset });
    else if (code === startCodes.pack) this.#pack(bytes, at, end);
    else if (this.#scr === undefined) this.#sayOnce('misplaced', at, 'before any pack header');
    if (code === startCodes.systemHeader) this.#systemHeader(bytes, at, end);
    else if (code === startCodes.streamMap) this.#streamMap(bytes, at, end);
    else if (code > startCodes.streamMap) this.#packet(bytes, at, end, code);
    return end;
  }

  #endOf(bytes: Buffer, at: number, code: number): number {
    const have = bytes.length - at;
    let length = 4;
    if (code === startCodes.pack) length = packHeaderLengthAt(bytes, at);
    else if (code !== startCodes.end) length = have < 6 ? 6 : 6 + bytes.readUInt16BE(at + 4);
    if (length <= have) return at + length;
    this.#wanted = length;
    return at;
  }

  /** To the next start code of a system stream. The last three bytes may be the beginning of one. */
  #skip(bytes: Buffer, at: number): number {
    this.#stray ??= this.#base + at;
    let found = findStartCode(bytes, at + 1);
    while (found >= 0 && found + 3 < bytes.length && bytes[found + 3]! < startCodes.end) found = findStartCode(bytes, found + 3);
    return found >= 0 ? found : Math.max(at, bytes.length - 3);
  }

  #closeStray(end: number): void {
    const offset = this.#stray!;
    this.#stray = undefined;
    if (end > offset) this.#pieces.push({ kind: 'violation', offset, rule: 'stray-bytes', what: `${end - offset} bytes that belong to nothing` });
  }

  #pack(bytes: Buffer, at: number, end: number): void {
    const header = readPackHeader(bytes, at, end, this.#report);
    if (!header) {
      this.#last = 'pack';
      return;
    }
    const { scr } = header;
    if (this.#scr !== undefined && ticksBetween(this.#scr, scr) < 0) {
      this.#report('clock-back', at + 4, `the clock runs back by ${ticksBetween(scr, this.#scr)} ticks`);
    }
    this.#scr = scr;
    this.#add({ kind: 'pack', offset: this.#base + at, ...header });
  }

  #systemHeader(bytes: Buffer, at: number, end: number): void {
    if (this.#last !== 'pack') this.#report('misplaced', at, 'a system header that follows no pack header');
    this.#add({ kind: 'system-header', offset: this.#base + at, ids: readSystemHeader(bytes, at, end, this.#report) });
  }

  #streamMap(bytes: Buffer, at: number, end: number): void {
    const map = readStreamMap(bytes, at, end, this.#report);
    if (!map) return;
    const { version, entries } = map;
    if (!map.current) this.#report('map-version', at + 6, 'a stream map that is not yet valid');
    if (this.#map?.version === version && JSON.stringify(this.#map.entries) !== JSON.stringify(entries)) {
      this.#report('map-version', at + 6, `another stream map with the same version ${version}`);
    }
    this.#map = map;
    this.#add({ kind: 'stream-map', offset: this.#base + at, version, entries });
  }

  #packet(bytes: Buffer, at: number, end: number, id: number): void {
    const media = id >= 0xc0 && id <= 0xef;
    if (!media) this.#sayOnce('unexpected-stream', at, `stream ${id.toString(16)}`);
    else if (!this.#map) this.#sayOnce('undeclared', at, 'packets before any stream map');
    else if (!this.#map.entries.some((entry) => entry.id === id))
      this.#sayOnce('undeclared', at, `stream ${id.toString(16)}, which is in no stream map`);
    if (end === at + 6) {
      this.#report('length', at + 4, 'a packet of length 0');
      return;
    }
    const header: PesHeader = bare.has(id) ? { aligned: false, payload: at + 6 } : readPesHeader(bytes, at, end, this.#report);
    const due = header.dts ?? header.pts;
    if (due !== undefined && this.#scr !== undefined && ticksBetween(this.#scr, due) < 0) {
      this.#report('timestamp', at + 9, `due ${ticksBetween(due, this.#scr)} ticks before it arrives`);
    }
    const { payload, ...times } = header;
    this.#add({ kind: 'packet', offset: this.#base + at, id, ...times, payload: bytes.subarray(payload, end) });
  }

  #add(piece: PsPiece): void {
    this.#pieces.push(piece);
    this.#last = piece.kind;
  }

  readonly #report = (rule: PsRule, at: number, what: string): void => {
    this.#pieces.push({ kind: 'violation', offset: this.#base + at, rule, what });
  };

  /** What would be said of every packet from now on. */
  #sayOnce(rule: PsRule, at: number, what: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#report(rule, at, what);
  }
}

/** What the parameter sets of H.264 and H.265 have in common. */
import type { BitReader } from '../bit-reader.ts';
import { ProtocolError } from '../protocol-error.ts';

/** Real ones have some 30 bytes, with scaling lists a thousand. */
const largestSet = 16_384;
/** Everything that we read of a sequence parameter set stands before this. */
const readOfSet = 2_048;
const maxSide = 16_384;
/** Pictures in a decoder's buffer (H.264 §A.3.1, H.265 §A.4.2). */
const mostReordering = 16;
/** Cameras have one of each; the counts in avcC have 5 and 8 bits. */
const mostOfType = 31;

/** Those of one type, each once, at most 31; copies, since the units' bytes may be large buffers. */
export function setsOfType(units: readonly Uint8Array[], is: (unit: Uint8Array) => boolean): Uint8Array[] {
  const sets: Uint8Array[] = [];
  for (const unit of units) {
    if (sets.length === mostOfType) break;
    if (is(unit) && !sets.some((set) => Buffer.compare(set, unit) === 0)) sets.push(new Uint8Array(unit));
  }
  return sets;
}

/** Throws ProtocolError for a set that no file could hold, or that is none of a camera's. */
export function demandSaneSize(sets: readonly Uint8Array[]): void {
  const large = sets.find((set) => set.length > largestSet);
  if (large) throw new ProtocolError(`a parameter set of at most ${largestSet} bytes`, `${large.length}`, 'the parameter sets');
}

/** The payload behind the header, without emulation prevention bytes (H.264 §7.3.1, H.265 §7.3.1.1). */
export function payloadOfSet(set: Uint8Array, headerLength: number): Uint8Array {
  const nal = set.subarray(headerLength, readOfSet);
  const raw = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    raw[length] = byte;
    length += 1;
  }
  return raw.subarray(0, length);
}

/** 0: grey, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4. */
export function readChromaFormat(bits: BitReader): number {
  const format = bits.unsigned();
  if (format > 3) throw new ProtocolError('chroma_format_idc 0 to 3', `${format}`, 'the sequence parameter set');
  return format;
}

export function readBitDepth(bits: BitReader): number {
  const depth = bits.unsigned() + 8;
  if (depth > 16) throw new ProtocolError('a bit depth of at most 16', `${depth}`, 'the sequence parameter set');
  return depth;
}

export function demandSaneSides(width: number, height: number): void {
  if (width > 0 && height > 0 && width <= maxSide && height <= maxSide) return;
  throw new ProtocolError(`a picture of 1 to ${maxSide} pixels a side`, `${width}x${height}`, 'the sequence parameter set');
}

/** The beginning of the VUI, which both codecs share: aspect ratio, overscan, video signal, chroma location (H.264 §E.1.1, H.265 §E.2.1). */
export function skipVideoSignal(bits: BitReader): void {
  if (bits.bit() && bits.bits(8) === 255) bits.skip(32);
  if (bits.bit()) bits.skip(1);
  if (bits.bit()) {
    bits.skip(4);
    if (bits.bit()) bits.skip(24);
  }
  if (bits.bit()) bits.skipUnsigned(2);
}

/** Of the timing of the VUI, in ticks per second; undefined where the camera says nonsense. */
export function readTickRate(bits: BitReader): number | undefined {
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  return unitsInTick > 0 ? timeScale / unitsInTick : undefined;
}

/** What stands in the end of a sequence parameter set, where the camera fills it in. */
export interface SetHints {
  framesPerSecond?: number | undefined;
  /** At most so many pictures that are shown later are sent before a picture. */
  reordering?: number | undefined;
}

/** The end may be cut short or nonsense: what stands before that counts, and nothing else is lost. */
export function hintsOf(read: (hints: SetHints) => void): { readonly framesPerSecond?: number; readonly reordering?: number } {
  const hints: SetHints = {};
  try {
    read(hints);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  const { framesPerSecond: rate = 0, reordering = mostReordering + 1 } = hints;
  return { ...(rate >= 1 && rate <= 240 ? { framesPerSecond: rate } : {}), ...(reordering <= mostReordering ? { reordering } : {}) };
}

/** What a sequence parameter set tells of reordering; 0 where there is none, or where it tells nothing. */
export function reorderingIn(set: Uint8Array | undefined, parse: (set: Uint8Array) => { readonly reordering?: number }): number {
  let reordering = 0;
  hintsOf(() => {
    reordering = (set && parse(set).reordering) ?? 0;
  });
  return reordering;
}

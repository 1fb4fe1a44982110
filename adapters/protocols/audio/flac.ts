/** Mono 16-bit sound as FLAC frames (RFC 9639): fixed predictors and one Rice parameter, within the streamable subset (§7). Lossless. */
import { BitWriter } from './bit-writer.ts';
import { chooseCoding, fold } from './flac-residual.ts';

/** Samples of one frame at most; the streamable subset allows 4608 up to 48 kHz. */
export const largestFlacBlock = 4_096;
const smallestBlock = 16;
const bitsPerSample = 16;
/** Sample rates with a code of their own (§9.1.2); others are written out in Hz. */
const rateCodes = new Map([
  [8_000, 4],
  [16_000, 5],
]);
const rateInHertz = 13;

/** STREAMINFO (§8.2) without its header: 34 bytes. Block sizes vary; frame sizes, length and MD5 are unknown: a live stream. */
export function flacStreamInfo(sampleRate: number): Buffer {
  const block = Buffer.alloc(34);
  block.writeUInt16BE(smallestBlock, 0);
  block.writeUInt16BE(largestFlacBlock, 2);
  // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of length.
  block.writeUInt32BE(((sampleRate << 12) | ((bitsPerSample - 1) << 4)) >>> 0, 10);
  return block;
}

/** One frame of 1 to 4096 samples, the first of which has that number since the beginning. `sampleRate` in Hz, below 65536. */
export function encodeFlacFrame(samples: Int16Array, sampleNumber: number, sampleRate: number): Buffer {
  const writer = new BitWriter(40 + 2 * samples.length);
  writeHeader(writer, samples.length, sampleNumber % 2 ** 36, sampleRate);
  writer.write(checksum(crc8, writer.bytes, 8), 8);
  writeSubframe(writer, samples);
  writer.align();
  writer.write(checksum(crc16, writer.bytes, 16), 16);
  return writer.bytes;
}

/** §9.1. */
function writeHeader(writer: BitWriter, length: number, sampleNumber: number, sampleRate: number): void {
  const rateCode = rateCodes.get(sampleRate) ?? rateInHertz;
  // Sync code; then: block sizes vary.
  writer.write(0xfff9, 16);
  // 7: the block size is written out in 16 bits.
  writer.write(0x70 | rateCode, 8);
  // One channel, 16 bits.
  writer.write(0x08, 8);
  writeCodedNumber(writer, sampleNumber);
  writer.write(length - 1, 16);
  if (rateCode === rateInHertz) writer.write(sampleRate, 16);
}

/** As in UTF-8, but up to 36 bits (§9.1.5). */
function writeCodedNumber(writer: BitWriter, number: number): void {
  if (number < 0x80) {
    writer.write(number, 8);
    return;
  }
  let more = 1;
  while (more < 6 && number >= 2 ** (6 + 5 * more)) more += 1;
  // As many ones as there are bytes, a zero, and the highest bits of the number.
  writer.write((0xff00 >> (more + 1)) | Math.floor(number / 64 ** more), 8);
  for (let left = more - 1; left >= 0; left -= 1) writer.write(0x80 | (Math.floor(number / 64 ** left) % 64), 8);
}

/** §9.2. */
function writeSubframe(writer: BitWriter, samples: Int16Array): void {
  const first = samples[0]!;
  let differs = 0;
  let used = 0;
  for (const sample of samples) {
    differs |= sample ^ first;
    used |= sample;
  }
  if (differs === 0) {
    writer.write(0, 8);
    writer.write(first, bitsPerSample);
    return;
  }
  // A-law leaves three bits of every sample unused, µ-law two.
  const wasted = 31 - Math.clz32(used & -used);
  const width = bitsPerSample - wasted;
  const values = Int32Array.from(samples, (sample) => sample >> wasted);
  const coding = chooseCoding(values, width);
  if (!coding) {
    writeSubframeHeader(writer, 0x01, wasted);
    for (const value of values) writer.write(value, width);
    return;
  }
  const { order, residuals, parameter } = coding;
  writeSubframeHeader(writer, 0x08 | order, wasted);
  for (let index = 0; index < order; index += 1) writer.write(values[index]!, width);
  // Rice codes with 4-bit parameters, one partition (§9.2.7).
  writer.write(0, 6);
  writer.write(parameter, 4);
  for (let index = order; index < residuals.length; index += 1) {
    const folded = fold(residuals[index]!);
    writer.unary(folded >>> parameter);
    writer.write(folded, parameter);
  }
}

function writeSubframeHeader(writer: BitWriter, type: number, wasted: number): void {
  writer.write((type << 1) | (wasted > 0 ? 1 : 0), 8);
  if (wasted > 0) writer.unary(wasted - 1);
}

const crc8 = crcTable(0x07, 8);
const crc16 = crcTable(0x8005, 16);

function crcTable(polynomial: number, width: number): Uint16Array {
  const top = 1 << (width - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) rest = rest & top ? (rest << 1) ^ polynomial : rest << 1;
    return rest & ((1 << width) - 1);
  });
}

/** §9.1.8 and §9.3: over the frame so far. */
function checksum(table: Uint16Array, bytes: Uint8Array, width: number): number {
  let rest = 0;
  for (const byte of bytes) rest = ((rest << 8) ^ table[((rest >> (width - 8)) ^ byte) & 0xff]!) & ((1 << width) - 1);
  return rest;
}

/**
 * The strip along the lower edge of every simulated picture: 40 black or white blocks by which a test proves that this is the right picture
 * of the right camera. From the left: white, black, 16 bits of camera code, 20 bits of frame number (most significant bit first), then one bit
 * that makes the number of ones in the camera code even, and one that does so for the frame number.
 */
import { createHash } from 'node:crypto';

/** Blocks in a strip. */
export const stripColumns = 40;
const codeBits = 16;
const frameBits = 20;
const dark = 90;
const bright = 160;

export interface Strip {
  readonly camera: number;
  /** Number of the picture in its loop, from 0. */
  readonly frame: number;
}

/** 16 bits that stand for a camera's id. */
export function cameraCode(id: string): number {
  return createHash('sha256').update(id).digest().readUInt16BE(0);
}

/** Width and height of one block, in pixels: even, as colours are stored for squares of two by two. */
export function blockSize(width: number): number {
  return Math.floor(width / stripColumns / 2) * 2;
}

export function stripBlocks({ camera, frame }: Strip): boolean[] {
  const code = bitsOf(camera, codeBits);
  const number = bitsOf(frame, frameBits);
  return [true, false, ...code, ...number, odd(code), odd(number)];
}

/** Reads the strip of a picture's luma plane (one byte per pixel); undefined where there is none, or where it contradicts itself. */
export function readStrip(luma: Uint8Array, width: number, height: number): Strip | undefined {
  const size = blockSize(width);
  const middle = (height - Math.ceil(size / 2)) * width + size / 2;
  return readBlocks(Array.from({ length: stripColumns }, (_, column) => luma[middle + column * size] ?? 128));
}

/** … of which there is one value for each block. */
export function readBlocks(lumas: ArrayLike<number>): Strip | undefined {
  const blocks: boolean[] = [];
  for (let column = 0; column < stripColumns; column += 1) {
    const value = lumas[column] ?? 128;
    if (value > dark && value < bright) return undefined;
    blocks.push(value >= bright);
  }
  const code = blocks.slice(2, 2 + codeBits);
  const number = blocks.slice(2 + codeBits, 2 + codeBits + frameBits);
  const [codeOdd, numberOdd] = blocks.slice(-2);
  if (!blocks[0] || blocks[1] || odd(code) !== codeOdd || odd(number) !== numberOdd) return undefined;
  return { camera: numberOf(code), frame: numberOf(number) };
}

const bitsOf = (value: number, count: number) => Array.from({ length: count }, (_, index) => ((value >> (count - 1 - index)) & 1) === 1);
const numberOf = (bits: readonly boolean[]) => bits.reduce((value, bit) => value * 2 + (bit ? 1 : 0), 0);
const odd = (bits: readonly boolean[]) => bits.filter(Boolean).length % 2 === 1;

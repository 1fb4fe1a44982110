/** A connection's bytes mean the same in whatever chunks they arrive. */
import { randomFrom } from '../../support/measure-figures.ts';
import { must } from '../target.ts';

/** Above this every byte on its own takes too long to be worth it. */
const mostSingle = 300;

/** `transcript`: what a reader makes of the chunks, a line each, the error that ended it included. The same input is always cut in the same way. */
export function mustNotMindChunks(input: Uint8Array, transcript: (chunks: readonly Buffer[]) => readonly string[]): void {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const whole = transcript([bytes]);
  const random = randomFrom(input.length * 31 + (input[input.length >> 1] ?? 0));
  const cuts = [cut(bytes, Math.max(8, input.length / 6), random)];
  if (input.length <= mostSingle) cuts.push(cut(bytes, 1, random));
  for (const chunks of cuts) {
    const pieces = transcript(chunks);
    must(pieces.length === whole.length && pieces.every((line, at) => line === whole[at]), 'the chunks make no difference', () => [whole, pieces]);
  }
}

function cut(input: Buffer, longest: number, random: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const end = Math.min(input.length, at + 1 + Math.floor(random() * longest));
    // A read of its own: its bytes lie elsewhere.
    chunks.push(Buffer.from(input.subarray(at, end)));
    at = end;
  }
  return chunks;
}

/**
 * Weighs what rounds of bad input leave behind, in a process of its own: `node --expose-gc … memory-child.ts KIND ROUNDS [leak]`. Prints one JSON line.
 * The method is the same for every kind: a warm-up round, then the rounds; after each, garbage is collected and the resident size read several
 * times, of which the median counts. A single reading says as much about the allocator as about the product.
 */
import { type BadInput, badInput } from './bad-input.ts';

export interface Weighed {
  /** Cases of one round. */
  readonly cases: number;
  /** MB of resident memory after the warm-up and after each round. */
  readonly resident: readonly number[];
  /** MB of used heap, likewise. */
  readonly heap: readonly number[];
}

const looks = 9;

const megabytes = (bytes: number) => Math.round((bytes / 1_048_576) * 100) / 100;
const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function weigh(): Promise<{ readonly resident: number; readonly heap: number }> {
  const resident: number[] = [];
  const heap: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 60)); // sockets close and pages go back to the system meanwhile
    resident.push(process.memoryUsage.rss());
    heap.push(process.memoryUsage().heapUsed);
  }
  return { resident: megabytes(medianOf(resident)), heap: megabytes(medianOf(heap)) };
}

const [kind = '', rounds = '3', leak] = process.argv.slice(2);
if (!Object.hasOwn(badInput, kind) || globalThis.gc === undefined)
  throw new Error('Usage: node --expose-gc --import tsx memory-child.ts KIND ROUNDS [leak]');
const round = badInput[kind as BadInput];
const readings: { readonly resident: number; readonly heap: number }[] = [];
/** Kept on purpose, so that the test can see itself fail: 12 MB a round. */
const leaked: Buffer[] = [];
let cases = 0;
for (let count = 0; count <= Number(rounds); count += 1) {
  cases = await round();
  if (leak === 'leak') leaked.push(Buffer.alloc(12 * 1_048_576, count));
  readings.push(await weigh());
}
const weighed: Weighed = { cases, resident: readings.map(({ resident }) => resident), heap: readings.map(({ heap }) => heap) };
process.stdout.write(`${JSON.stringify(weighed)}\n`);
process.exit(0);

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { BadInput } from '../support/bad-input.ts';
import type { Weighed } from '../support/memory-child.ts';
import { runProgram } from '../support/run-program.ts';

const child = fileURLToPath(new URL('../support/memory-child.ts', import.meta.url));
/** The young generation has its size from the start: where it may grow, it does so once, some day, by more than a leak that must be found. */
const flags = ['--expose-gc', '--min-semi-space-size=4', '--max-semi-space-size=4', '--import', 'tsx'];

/**
 * MB by which three rounds and more raise the resident memory above the first: the least of rounds 3 to 7. What leaks does not come back, what the
 * allocators keep for a while does.
 */
async function growth(kind: BadInput, more: readonly string[] = []) {
  const { code, output, errors } = await runProgram(process.execPath, [...flags, child, kind, '8', ...more], 280_000);
  expect(code, errors).toBe(0);
  const { cases, resident }: Weighed = JSON.parse(output);
  // Two rounds of warm-up come before the first: in the second one V8 still compiles, and the allocators take their 9 MB (the heap is flat).
  const [, , first = Number.NaN, , ...later] = resident;
  return { cases, grown: Math.min(...later) - first, resident };
}

describe.concurrent('three rounds of bad input leave at most 10 MB more than the first', { timeout: 300_000 }, () => {
  test.each([
    ['configs', 50],
    ['panelMessages', 50],
    ['cameraReplies', 30],
  ] as const)('%s, at least %i a round', async (kind, least) => {
    const { cases, grown, resident } = await growth(kind);
    expect(cases).toBeGreaterThanOrEqual(least);
    expect(grown, `resident MB after the warm-up and each round: ${resident.join(', ')}`).toBeLessThanOrEqual(10);
  });

  test('and a leak of 12 MB a round is found out', async () => {
    expect((await growth('configs', ['leak'])).grown).toBeGreaterThan(10);
  });
});

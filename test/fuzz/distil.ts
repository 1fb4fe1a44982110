/** Chooses what of a long run is worth committing. */
import { clearCounts, featuresOfLast, shows } from './coverage.ts';
import { minimise } from './minimise.ts';
import type { FuzzTarget } from './target.ts';

/** What shows something only by its length is found again by repetition. */
const longest = 1_024;

/**
 * The fewest small inputs that show all that these show, each as short as it can be, the most telling first; at most `room` bytes together.
 * `before` is told each input before it runs.
 */
export function distil(
  target: FuzzTarget,
  inputs: readonly Uint8Array[],
  { room, before }: { readonly room: number; readonly before: (input: Uint8Array) => void },
): Uint8Array[] {
  const follow = (input: Uint8Array) => {
    before(input);
    clearCounts();
    try {
      target.run(input);
    } catch {
      // Whatever it throws was judged before; here only its way matters.
    }
  };
  const seen = new Set<number>();
  const chosen: { readonly input: Uint8Array; readonly news: number }[] = [];
  for (const input of inputs.filter(({ length }) => length <= longest).toSorted((a, b) => a.length - b.length)) {
    follow(input);
    const fresh = featuresOfLast().filter((feature) => !seen.has(feature));
    if (fresh.length === 0) continue;
    const shorter = minimise(input, (smaller) => {
      follow(smaller);
      return shows(fresh);
    });
    follow(shorter);
    for (const feature of featuresOfLast()) seen.add(feature);
    chosen.push({ input: shorter, news: fresh.length });
  }
  let left = room;
  return chosen
    .toSorted((a, b) => b.news - a.news)
    .filter(({ input }) => {
      const fits = input.length <= left;
      if (fits) left -= input.length;
      return fits;
    })
    .map(({ input }) => input);
}

import type { FuzzTarget } from './target.ts';

/** Loads no more than it must: a thread takes seconds to put counters into every parser. */
export async function findTarget(name: string): Promise<FuzzTarget | undefined> {
  const { plantedTargets } = await import('./planted/index.ts');
  const found = plantedTargets.find((target) => target.name === name);
  if (found) return found;
  const { targets } = await import('./targets/index.ts');
  return targets.find((target) => target.name === name);
}

import { existsSync } from 'node:fs';
import type { FuzzTarget } from './target.ts';

/** Loads no more than it must: a thread takes seconds to put counters into every parser, and looks through all of them after each input. */
export async function findTarget(name: string): Promise<FuzzTarget | undefined> {
  const { plantedTargets } = await import('./planted/index.ts');
  const planted = plantedTargets.find((target) => target.name === name);
  const file = new URL(`targets/${name}.ts`, import.meta.url);
  if (planted || !existsSync(file)) return planted;
  const exported: Readonly<Record<string, FuzzTarget>> = await import(file.href);
  return Object.values(exported).find((target) => target.name === name);
}

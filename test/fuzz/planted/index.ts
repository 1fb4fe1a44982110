/** Targets with known bugs, to try the fuzzer with. They run only when they are named. */
import type { FuzzTarget } from '../target.ts';
import { behaves, crashes, dawdles, hangs, hoards } from './bugs.ts';

const planted = { crashes, hangs, hoards, dawdles, behaves };

export const plantedTargets: readonly FuzzTarget[] = Object.entries(planted).map(([name, parse]) => ({
  name: `planted-${name}`,
  seeds: () => [Buffer.from('CAM\0\0\0\0\0')],
  longest: 8 * 1024,
  run: (input) => void parse(input),
}));

/** Garbage collection on purpose: what only a weak reference holds is gone afterwards. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export async function collectGarbage(rounds = 5): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let round = 0; round < rounds; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Other people's programs that prove us right. Missing ones are skipped loudly; with REQUIRE_PEERS=1 they are a failure. */
import { spawnSync } from 'node:child_process';

/** The program's name if it can be run, else undefined. */
export function peer(name: string): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  if (found.status === 0) return name;
  if (process.env.REQUIRE_PEERS === '1') throw new Error(`The tests need ${name}, and REQUIRE_PEERS=1 is set.`);
  console.warn(`SKIPPED: ${name} is not installed; the tests against it do not run.`);
  return undefined;
}

/** Runs the chaos command as a person would, and reads its rows. */
import { fileURLToPath } from 'node:url';
import type { Figure } from './measure-figures.ts';
import { runProgram } from './run-program.ts';

const chaos = fileURLToPath(new URL('../chaos/main.ts', import.meta.url));

export async function runChaos(...options: readonly string[]) {
  const { code, output, errors } = await runProgram(process.execPath, ['--import', 'tsx', chaos, ...options, '--json'], 110_000);
  const figures = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Figure);
  return { code, figures, failed: figures.filter(({ pass }) => !pass), errors };
}

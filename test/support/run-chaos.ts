/** Runs the chaos command as a person would, and reads its rows. */
import { fileURLToPath } from 'node:url';
import type { Figure } from './measure-figures.ts';
import { runProgram } from './run-program.ts';

const chaos = fileURLToPath(new URL('../chaos/main.ts', import.meta.url));

/** Other programs run beside a test: what must be fast is given far more time there, what must not happen at all is not. */
const slackOf = (metric: string, unit: string) => (metric === 'publish to receipt, p99' ? 100 : unit === 'ms' ? 6 : 1);

export async function runChaos(...options: readonly string[]) {
  const { code, output, errors } = await runProgram(process.execPath, ['--import', 'tsx', chaos, ...options, '--json'], 280_000);
  const figures = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Figure);
  const failed = figures.filter(({ pass }) => !pass);
  const beyondSlack = failed.filter(
    ({ metric, value, unit, limit }) => limit !== null && !(Number.isFinite(value) && value <= limit * slackOf(metric, unit)),
  );
  return { code, figures, failed, beyondSlack, errors };
}

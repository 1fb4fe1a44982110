/** `npm run bench -- NAME [--quick] [--seed S] [--json]`. Exit 1 if any row fails, 2 on wrong usage. */
import { parseArgs } from 'node:util';
import { buildIfStale } from '../support/measure-build.ts';
import { type Figure, tellFigures } from '../support/measure-figures.ts';
import { type Bench, benchAlarms } from './alarms.ts';

/** One line per bench. */
const benches: Readonly<Record<string, (bench: Bench) => Promise<readonly Figure[]>>> = {
  alarms: benchAlarms,
};

function usage(problem: string): never {
  process.stderr.write(`${problem}\nUsage: npm run bench -- ${Object.keys(benches).join('|')} [--quick] [--seed S] [--json]\n`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { values: given, positionals } = readArguments();
const [name, ...others] = positionals;
const seed = Number(given.seed);
if (name === undefined || others.length > 0 || !Object.hasOwn(benches, name)) usage('Name one bench.');
if (!Number.isInteger(seed) || seed < 0) usage('--seed is a whole number.');
const replay = `npm run bench -- ${name} --seed ${seed}${given.quick ? ' --quick' : ''}`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
buildIfStale();
try {
  const figures = (await benches[name]?.({ quick: given.quick, seed })) ?? [];
  process.exitCode = tellFigures(figures, { json: given.json, replay }) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\nReplay: ${replay}\n`);
  process.exitCode = 1;
}

/**
 * `npm run fuzz -- [TARGET …] [--runs N] [--seed S] [--threads T] [--json] [--save]`, and `npm run fuzz -- TARGET --input BASE64` (or `@FILE`), which
 * repeats one input. Exit 1 if any row fails, 2 on wrong usage.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { tellFigures } from '../support/measure-figures.ts';
import { runCampaign } from './campaign.ts';
import { findTarget } from './find-target.ts';
import { figuresOfOutcome, tellFailures } from './report.ts';

function usage(problem: string): never {
  process.stderr.write(
    `${problem}\nUsage: npm run fuzz -- [TARGET …] [--runs N] [--seed S] [--threads T] [--json] [--save]\n       npm run fuzz -- TARGET --input BASE64|@FILE\nA target is a file of test/fuzz/targets.\n`,
  );
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '100000' },
        seed: { type: 'string', default: '1' },
        threads: { type: 'string', default: '2' },
        hang: { type: 'string', default: '5000' },
        input: { type: 'string' },
        json: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { values: given, positionals } = readArguments();
const [runs, seed, threads, hang] = [given.runs, given.seed, given.threads, given.hang].map(Number);
const names = positionals.length > 0 ? positionals : (await import('./targets/index.ts')).targets.map(({ name }) => name);
const found = await Promise.all(names.map(findTarget));
const unknown = names.find((_, index) => found[index] === undefined);
if (unknown !== undefined) usage(`There is no target ${JSON.stringify(unknown)}.`);
if (!runs || ![runs, seed, threads, hang].every((value) => Number.isInteger(value) && Number(value) >= 0)) usage('Numbers are whole.');
if (given.input !== undefined && names.length !== 1) usage('One input is for one target.');
const { input: inputText } = given;
const input =
  inputText === undefined
    ? undefined
    : new Uint8Array(inputText.startsWith('@') ? readFileSync(inputText.slice(1)) : Buffer.from(inputText, 'base64'));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const orders = names.map((target) => ({ target, runs, seed: seed ?? 1, save: given.save, ...(input ? { input } : {}) }));
const outcomes = await runCampaign(orders, { threads: threads || 1, hangMillis: hang ?? 5_000 });
const figures = outcomes.flatMap((outcome) => figuresOfOutcome(outcome, { runs: input ? 1 : runs, seed: seed ?? 1 }));
for (const outcome of outcomes) tellFailures(outcome, seed ?? 1);
const replay = `npm run fuzz -- ${names.join(' ')} ${inputText === undefined ? `--runs ${runs} --seed ${seed}` : `--input ${inputText}`}`;
process.exitCode = tellFigures(figures, { json: given.json, replay }) ? 0 : 1;

/** An outcome as measured claims, and each failure with all that it takes to repeat it. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import type { Outcome } from './engine.ts';
import { mostBytes, mostMillis } from './limits.ts';

const mebibyte = 1024 * 1024;
/** A longer input goes into a file: no shell takes it. */
const longestArgument = 3_000;
const shown = 300;
const root = new URL('../../', import.meta.url);
const failures = 'test-results/fuzz/';

export function figuresOfOutcome(outcome: Outcome, { runs, seed }: { readonly runs: number; readonly seed: number }): readonly Figure[] {
  const { target, executions, millis, branches, corpus, slowestMillis, heaviestBytes } = outcome;
  const dose = `${executions} executions, ${branches.taken} of ${branches.known} branches, ${corpus.length} inputs kept`;
  return figuresOf({ test: `fuzz ${target}`, dose, seed }, [
    { metric: 'failures', value: outcome.failures.length, unit: '', limit: 0 },
    { metric: 'executions left undone', value: Math.max(0, runs - executions), unit: '', limit: 0 },
    { metric: 'slowest input', value: slowestMillis, unit: 'ms', limit: mostMillis },
    { metric: 'heaviest input', value: heaviestBytes / mebibyte, unit: 'MiB', limit: mostBytes / mebibyte },
    { metric: 'speed', value: Math.round((executions / millis) * 1_000), unit: 'executions/s' },
  ]);
}

export function tellFailures({ target, failures: found }: Outcome, seed: number): void {
  for (const { kind, what, input } of found) {
    process.stderr.write(
      [
        `FAILED fuzz ${target}: an input ${kind === 'memory' ? 'takes too much memory' : kind === 'slow' ? 'takes too long' : kind}: ${what}`,
        `  seed ${seed}, ${input.length} bytes, in hex ${Buffer.from(input.subarray(0, shown)).toString('hex')}${input.length > shown ? '…' : ''}`,
        `  Replay: npm run fuzz -- ${target} --input ${argumentOf(target, input)}`,
        '',
      ].join('\n'),
    );
  }
}

function argumentOf(target: string, input: Uint8Array): string {
  if (input.length <= longestArgument) return Buffer.from(input).toString('base64');
  const file = `${failures}${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`;
  mkdirSync(fileURLToPath(new URL(failures, root)), { recursive: true });
  writeFileSync(fileURLToPath(new URL(file, root)), input);
  return `@${file}`;
}

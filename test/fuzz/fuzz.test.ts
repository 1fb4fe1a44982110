/** Every parser for a while, and the fuzzer itself against parsers with known bugs. `.ci/run` gives each parser 100,000 inputs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Figure } from '../support/measure-figures.ts';
import { runProgram } from '../support/run-program.ts';
import { targets } from './targets/index.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
/** Of each parser: the first of those that `.ci/run` gives it. */
const runs = 500;
/** The machine may be busy with other tests. */
const patience = 280_000;

async function fuzz(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly figures: readonly Figure[]; readonly errors: string }> {
  const { code, output, errors } = await runProgram(process.execPath, ['--import', 'tsx', main, '--json', ...args], patience);
  const figures = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Figure => JSON.parse(line));
  return { code, figures, errors };
}

describe('the fuzzer', () => {
  const planted = {
    'planted-crashes': 'an input throws: TypeError',
    'planted-hangs': 'an input hangs',
    'planted-hoards': 'an input takes too much memory',
    'planted-dawdles': 'an input takes too long',
  };

  test(
    'finds what is wrong behind magic bytes, and the inputs that it names show it again',
    async () => {
      const { code, errors } = await fuzz(...Object.keys(planted), '--runs', '100000', '--hang', '2000');
      expect(code).toBe(1);
      for (const [target, says] of Object.entries(planted)) {
        expect(errors).toContain(`FAILED fuzz ${target}: ${says}`);
        const [, input = ''] = new RegExp(`Replay: npm run fuzz -- ${target} --input (\\S+)`).exec(errors) ?? [];
        const again = await fuzz(target, '--input', input, '--hang', '2000');
        expect(again.errors).toContain(`FAILED fuzz ${target}: ${says}`);
        expect(again.code).toBe(1);
      }
    },
    patience,
  );

  test(
    'passes a parser that behaves, and does the same for the same seed',
    async () => {
      const dose = async () => {
        const { code, figures } = await fuzz('planted-behaves', '--runs', '20000', '--seed', '7');
        expect(code).toBe(0);
        return figures[0]?.dose;
      };
      const first = await dose();
      expect(first).toContain('20000 executions');
      expect(await dose()).toBe(first);
    },
    patience,
  );
});

test('every target stands in the register, and every corpus belongs to a target', () => {
  const register = readFileSync(new URL('targets/index.ts', import.meta.url), 'utf8');
  const files = readdirSync(new URL('targets/', import.meta.url)).filter((name) => name !== 'index.ts');
  for (const file of files) expect(register).toContain(`'./${file}'`);
  const folder = new URL('../fixtures/fuzz/', import.meta.url);
  const corpora = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  expect(corpora.toSorted()).toEqual(targets.map(({ name }) => `${name}.txt`).toSorted());
  expect(corpora.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0)).toBeLessThan(330_000);
});

test(
  'no parser breaks a promise or a limit',
  async () => {
    const { code, figures, errors } = await fuzz('--runs', String(runs));
    expect(
      figures.filter(({ pass }) => !pass),
      errors,
    ).toEqual([]);
    expect(new Set(figures.map((figure) => figure.test))).toEqual(new Set(targets.map(({ name }) => `fuzz ${name}`)));
    expect(code).toBe(0);
  },
  patience,
);

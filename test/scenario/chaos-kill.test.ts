import { expect, test } from 'vitest';
import { runChaos } from '../support/run-chaos.ts';

test('the gateway killed with -9 six times loses, invents and repeats nothing that a person would notice', { timeout: 300_000 }, async () => {
  const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'kill', '--runs', '6', '--seed', '20');
  expect(beyondSlack, errors).toEqual([]);
  expect(figures.map(({ test: name }) => name)).toEqual(expect.arrayContaining(['chaos kill', 'chaos police down', 'chaos refused event']));
  expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
});

test('a gateway that acknowledges before the commit is found out, and how to repeat it is told', { timeout: 300_000 }, async () => {
  const { failed, code, errors } = await runChaos('--faults', 'kill', '--runs', '3', '--seed', '3', '--break', 'acknowledge-before-commit');
  expect(code, errors).toBe(1);
  expect(failed.map(({ metric }) => metric)).toContain('acknowledged to a panel and absent');
  expect(errors).toContain('npm run chaos -- --faults kill --runs 3 --seed 3 --break acknowledge-before-commit');
});

test('a gateway that sends again what was accepted is found out by its repeats', { timeout: 300_000 }, async () => {
  const { failed, code, errors } = await runChaos('--faults', 'kill', '--runs', '3', '--seed', '3', '--break', 'send-twice');
  expect(code, errors).toBe(1);
  const metrics = failed.map(({ metric }) => metric);
  expect(metrics).toEqual(expect.arrayContaining(['repeats on the wire', 'repeats of what was not in flight at a kill']));
  expect(metrics).not.toContain('acknowledged to a panel and absent');
});

test('wrong usage is told from a failed claim', async () => {
  expect((await runChaos('--faults', 'earthquake')).code).toBe(2);
});

import { expect, test } from 'vitest';
import { loopDiskTrouble } from '../support/loop-disk.ts';
import { runChaos } from '../support/run-chaos.ts';

/** What a machine's kernel refuses is no failure of ours, but nobody shall take the silence for a proof. */
const trouble = await loopDiskTrouble('ext4');
if (trouble !== undefined) console.warn(`SKIPPED: power cuts are not tried on this machine. ${trouble}`);

test.skipIf(trouble !== undefined)('three power cuts take nothing that was acknowledged', { timeout: 120_000 }, async () => {
  const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'power', '--runs', '3', '--seed', '4');
  expect(beyondSlack, errors).toEqual([]);
  expect(figures.map(({ metric }) => metric)).toContain('acknowledged to a panel and not on the disk after a cut');
  expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
});

test.skipIf(trouble !== undefined)('a journal that does not wait for its disk is found out by one', { timeout: 120_000 }, async () => {
  const options = ['--faults', 'power', '--runs', '1', '--seed', '3', '--break', 'synchronous-normal'];
  const { failed, code, errors } = await runChaos(...options);
  expect(code, errors).toBe(1);
  expect(failed.map(({ metric }) => metric)).toContain('acknowledged to a panel and not on the disk after a cut');
  expect(errors).toContain(`npm run chaos -- ${options.join(' ')}`);
});

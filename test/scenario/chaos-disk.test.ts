import { test } from 'vitest';
import { loopDiskTrouble } from '../support/loop-disk.ts';
import { peer } from '../support/peers.ts';
import { runChaos } from '../support/run-chaos.ts';

/** What a machine's kernel refuses is no failure of ours, but nobody shall take the silence for a proof. */
const trouble = await loopDiskTrouble('ext4');
if (trouble !== undefined) console.warn(`SKIPPED: power cuts are not tried on this machine. ${trouble}`);

test.skipIf(trouble !== undefined).concurrent('two power cuts take nothing that was acknowledged', { timeout: 300_000 }, async ({ expect }) => {
  const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'power', '--runs', '2', '--seed', '4');
  expect(beyondSlack, errors).toEqual([]);
  expect(figures.map(({ metric }) => metric)).toContain('acknowledged to a panel and not on the disk after a cut');
  expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
});

test
  .skipIf(trouble !== undefined)
  .concurrent('a journal that does not wait for its disk is found out by one', { timeout: 300_000 }, async ({ expect }) => {
    const options = ['--faults', 'power', '--runs', '1', '--seed', '3', '--break', 'synchronous-normal'];
    const { failed, code, errors } = await runChaos(...options);
    expect(code, errors).toBe(1);
    expect(failed.map(({ metric }) => metric)).toContain('acknowledged to a panel and not on the disk after a cut');
    expect(errors).toContain(`npm run chaos -- ${options.join(' ')}`);
  });

/** The program that puts a library of ours before the C library's is Linux's, and g++ makes it. */
const preload = process.platform === 'linux' && peer('g++') !== undefined;

test
  .skipIf(!preload)
  .concurrent('a disk that answers EIO for a while has nothing acknowledged, and needs no restart', { timeout: 300_000 }, async ({ expect }) => {
    const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'io-error', '--runs', '1', '--seed', '2');
    expect(beyondSlack, errors).toEqual([]);
    expect(figures.map(({ metric }) => metric)).toContain('acknowledged while nothing could be kept');
    expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
  });

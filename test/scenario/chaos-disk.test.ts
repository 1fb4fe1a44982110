import { test } from 'vitest';
import { openFakeClock } from '../support/fake-clock.ts';
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

test
  .skipIf(trouble !== undefined || !preload)
  .concurrent(
    'a disk that is full for a while, or slow, has nothing acknowledged that it does not keep',
    { timeout: 300_000 },
    async ({ expect }) => {
      const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'disk,slow-disk', '--runs', '1', '--seed', '5');
      expect(beyondSlack, errors).toEqual([]);
      expect(new Set(figures.map(({ test: name }) => name)).size).toBe(2);
      expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
    },
  );

const fakeClock = openFakeClock();
fakeClock?.[Symbol.dispose]();

test
  .skipIf(fakeClock === undefined)
  .concurrent('a clock that is set, and lines that are cut or slow, cost no alarm', { timeout: 300_000 }, async ({ expect }) => {
    const { failed, beyondSlack, figures, code, errors } = await runChaos('--faults', 'clock,network', '--runs', '1', '--seed', '5');
    expect(beyondSlack, errors).toEqual([]);
    expect(new Set(figures.map(({ test: name }) => name)).size).toBe(2);
    expect(code, errors).toBe(failed.length === 0 ? 0 : 1);
  });

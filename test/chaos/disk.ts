/** Disks that are slow, broken or full for a while, under a gateway that runs. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskFault, openDiskFaults } from '../support/disk-faults.ts';
import { loopDiskTrouble, openLoopDisk } from '../support/loop-disk.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { episodes, type Trouble } from './episodes.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

/** reliability-security F4. */
const slowSync = 500;
const acknowledgedWithin = 5_000;

export const slowDisk = (campaign: Campaign) =>
  behindFaults(`slow-disk, each fsync ${slowSync} ms`, campaign, () => ({ slower: slowSync }), { perSecond: 20, acknowledgedWithin });

/** At times the writes fail as well, at times only the syncs: then the bytes may be there, and still nobody may count on them. */
export const brokenDisk = (campaign: Campaign) =>
  behindFaults('io-error', campaign, (random) => ({ fails: random() < 0.5 ? 'syncs' : 'syncs and writes' }), { perSecond: 50, nothingKept: true });

async function behindFaults(
  test: string,
  campaign: Campaign,
  fault: (random: () => number) => DiskFault,
  measures: Pick<Trouble, 'perSecond' | 'nothingKept' | 'acknowledgedWithin'>,
): Promise<readonly Figure[]> {
  using faults = openDiskFaults();
  await using school = await openMeasuredSchool({ ...schoolFor(campaign), environment: faults.environment });
  const { rows, lasted } = await episodes(school, campaign, {
    ...measures,
    begin: (random) => faults.set(fault(random)),
    end: () => faults.set({}),
    met: () => faults.met,
  });
  return figuresOf({ test: `chaos ${test}${at(campaign)}`, dose: lasted, seed: campaign.seed }, rows);
}

/** What others leave on the disk of the box until not a byte is free. */
export async function fullDisk(campaign: Campaign): Promise<readonly Figure[]> {
  const { seed } = campaign;
  const trouble = await loopDiskTrouble('ext4');
  if (trouble !== undefined) {
    return figuresOf({ test: 'chaos disk', dose: 'none', seed }, [
      { metric: `no small file system to fill: ${trouble}`, value: Number.NaN, unit: '', limit: 0 },
    ]);
  }
  await using disk = await openLoopDisk('ext4');
  await using school = await openMeasuredSchool({ ...schoolFor(campaign), dataFolder: join(disk.folder, 'data') });
  const ballast = join(disk.folder, 'ballast');
  let filled = 0;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin() {
      if (fill(ballast)) filled += 1;
    },
    end: () => rmSync(ballast),
    met: () => filled,
  });
  return figuresOf({ test: `chaos disk full${at(campaign)}`, dose: lasted, seed }, rows);
}

/** True once the disk takes not one byte more. */
function fill(file: string): boolean {
  const opened = openSync(file, 'a');
  try {
    for (let size = 1 << 20; size >= 1; ) {
      try {
        writeSync(opened, Buffer.alloc(size));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        if (size === 1) return true;
        size = Math.floor(size / 2);
      }
    }
    return false;
  } finally {
    closeSync(opened);
  }
}

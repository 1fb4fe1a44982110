/** What uplinks remember over edits of their settings and restarts of the box: a small file each. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { UplinkId } from '../domain/ids.ts';
import type { PlatformDoor } from '../domain/uplink-ports.ts';
import { StateFile } from '../runtime/state-file.ts';

export type UplinkMemories = Pick<PlatformDoor, 'remembered' | 'remember'> & {
  /** Forgets what all others knew. */
  keepOnly(uplinks: ReadonlySet<string>): Promise<void>;
};

export function openMemories(folder: string): UplinkMemories {
  const files = new Map<UplinkId, StateFile<unknown>>();
  /** One for each: who writes at the same time waits for the other. */
  const fileOf = (uplink: UplinkId) => {
    const file = files.get(uplink) ?? new StateFile(join(folder, `${uplink}.json`), z.unknown());
    files.set(uplink, file);
    return file;
  };
  return {
    remembered: (uplink) => fileOf(uplink).read(),
    remember: (uplink, facts) => fileOf(uplink).save(() => facts),
    async keepOnly(uplinks) {
      const names = await readdir(folder).catch(() => []); // none yet
      // Ids have no dots: of a draft that a power cut left behind the same is true.
      for (const name of names) if (!uplinks.has(name.split('.')[0]!)) await rm(join(folder, name), { force: true });
    },
  };
}

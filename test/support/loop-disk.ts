/** A disk of our own: a file, mounted as a file system that can lose its power. Needs Linux, root and a kernel with loop devices. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scope } from '../../gateway/runtime/scope.ts';
import { nativeProgram } from './native-programs.ts';
import { peer } from './peers.ts';
import { runProgram } from './run-program.ts';

export type FileSystem = 'ext4' | 'xfs';

export interface LoopDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly folder: string;
  /** All that was written so far is on the disk. */
  flush(): Promise<void>;
  /** What was not flushed is lost from here on, and whoever still runs gets EIO for all that he asks. */
  cutPower(): Promise<void>;
  /** As a box does it at its start: checked, its log replayed, mounted. Whoever had files open there must be gone. */
  powerUp(): Promise<void>;
}

/** XFS is made of at least 300 MB; the file is sparse. No share of ext4 is kept for root, who would fill it otherwise. */
const makes: Readonly<Record<FileSystem, { readonly megabytes: number; readonly words: readonly string[] }>> = {
  ext4: { megabytes: 64, words: ['-q', '-F', '-m', '0'] },
  xfs: { megabytes: 320, words: ['-q', '-f'] },
};

async function run(program: string, ...words: readonly string[]): Promise<void> {
  const { code, errors } = await runProgram(program, words, 60_000);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} failed (${code}): ${errors.trim()}`);
}

/** Throws where the machine or its kernel does not let us. */
export async function openLoopDisk(kind: FileSystem): Promise<LoopDisk> {
  await using opening = new Scope();
  const home = mkdtempSync(join(tmpdir(), 'campus-disk-'));
  opening.defer(() => rmSync(home, { recursive: true, force: true }));
  const image = join(home, 'image');
  const folder = join(home, 'mounted');
  mkdirSync(folder);
  await run('truncate', '-s', `${makes[kind].megabytes}M`, image);
  await run(`mkfs.${kind}`, ...makes[kind].words, image);
  const mount = () => run('mount', '-t', kind, '-o', 'loop,noatime', image, folder);
  const unmount = () => run('umount', folder);
  await mount();
  // Nothing is left mounted when the harness itself is interrupted.
  const abandoned = () => spawnSync('umount', ['--lazy', folder]);
  process.on('exit', abandoned);
  opening.defer(async () => {
    process.off('exit', abandoned);
    await unmount().catch(() => run('umount', '--lazy', folder));
  });
  const cutter = nativeProgram('cut-power');
  const scope = opening.release();
  return {
    folder,
    flush: () => run('sync', '--file-system', folder),
    cutPower: () => run(cutter, folder),
    async powerUp() {
      await unmount();
      // 0: nothing to mend, 1: mended. XFS looks after itself as it is mounted.
      if (kind === 'ext4') {
        const { code, output } = await runProgram('e2fsck', ['-p', image], 60_000);
        if (code !== 0 && code !== 1) throw new Error(`e2fsck cannot mend the file system (${code}): ${output}`);
      }
      await mount();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/**
 * Why no such disk can be had here, in words; undefined where it can. A program that is missing is a missing peer; what the kernel or the
 * rights of the user refuse is not.
 */
export async function loopDiskTrouble(kind: FileSystem): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'Only Linux has loop devices.';
  if (process.getuid?.() !== 0) return 'Only root may mount.';
  if (!['truncate', 'mount', 'umount', `mkfs.${kind}`, 'g++', ...(kind === 'ext4' ? ['e2fsck'] : [])].every(peer)) return 'A program is missing.';
  try {
    await using disk = await openLoopDisk(kind);
    await disk.cutPower();
    await disk.powerUp();
    return undefined;
  } catch (error) {
    return `The kernel does not let us: ${error instanceof Error ? error.message : String(error)}`;
  }
}

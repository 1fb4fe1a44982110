/** A disk that is slow or broken for one program: its syncs and writes go through a library of ours (test/bench/native/disk-faults.cpp). */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { preloaded } from './native-programs.ts';

export interface DiskFault {
  /** Each sync takes so much longer, ms. */
  readonly slower?: number;
  /** EIO is what these get. */
  readonly fails?: 'syncs' | 'syncs and writes';
}

export interface DiskFaults extends Disposable {
  /** Of the program that is to suffer. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on; nothing given: the disk is well again. */
  set(fault: DiskFault): void;
  /** Calls that were slowed or failed so far. */
  readonly met: number;
}

const { EIO } = constants.errno;
const bytesOfNumber = 4;
/** After what is set. */
const placeOfMet = 3 * bytesOfNumber;

export function openDiskFaults(): DiskFaults {
  const folder = mkdtempSync(join(tmpdir(), 'campus-faults-'));
  const file = join(folder, 'faults');
  const opened = openSync(file, 'w+');
  writeSync(opened, new Int32Array(4));
  return {
    environment: { LD_PRELOAD: preloaded('disk-faults'), DISK_FAULTS: file },
    set({ slower = 0, fails }) {
      const settings = Int32Array.of(slower, fails ? EIO : 0, fails === 'syncs and writes' ? EIO : 0);
      writeSync(opened, settings, 0, settings.byteLength, 0);
    },
    get met() {
      const count = new Int32Array(1);
      readSync(opened, count, 0, bytesOfNumber, placeOfMet);
      return count[0] ?? 0;
    },
    [Symbol.dispose]() {
      closeSync(opened);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A clock that jumps under a program that runs, by libfaketime. Its monotonic clock goes on as ever, as it does when a real clock is set. */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPeer } from './peers.ts';

export interface FakeClock extends Disposable {
  /** Of the program that is to be deceived. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its clock is so many seconds ahead of ours from now on. */
  set(ahead: number): void;
}

/** Undefined where libfaketime (Debian: faketime) is not installed, which is a missing peer. */
export function openFakeClock(): FakeClock | undefined {
  const library = libraryOf('/usr/lib');
  if (library === undefined) return missingPeer('libfaketime (faketime)');
  const folder = mkdtempSync(join(tmpdir(), 'campus-clock-'));
  const file = join(folder, 'ahead');
  const set = (ahead: number) => {
    // Renamed into place: the program reads the file at every look at its clock, and must not find half of it.
    writeFileSync(`${file}.new`, `${ahead < 0 ? '' : '+'}${Math.round(ahead)}`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    environment: { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    set,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Debian keeps it below the name of the architecture. */
function libraryOf(root: string): string | undefined {
  const folders = existsSync(root) ? readdirSync(root) : [];
  return folders.map((folder) => join(root, folder, 'faketime/libfaketimeMT.so.1')).find((path) => existsSync(path));
}

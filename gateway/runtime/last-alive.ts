/** When this box last ran, by a file that it touches: what waited for it meanwhile is judged by how long it was away (ADR 0011). */
import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, minutes, seconds } from '../domain/time.ts';

const touchEvery = seconds(10);
/** Not before what had waited is read: a box that ends in the middle of it was away for as long as before. */
const firstTouchAfter = minutes(1);

export interface LastAlive {
  /** Before this start; undefined: nobody knows. */
  readonly away: Millis | undefined;
  /** Touches until aborted, and once more as it ends. */
  run(signal: AbortSignal): Promise<void>;
}

/** The file's name in the data folder. */
export const aliveFile = 'alive';

export async function openLastAlive(folder: string, clock: Clock): Promise<LastAlive> {
  const file = join(folder, aliveFile);
  const touched = await stat(file).catch(() => undefined); // There is none before the first minute is over.
  // A clock that was set back tells nothing but that it was not long: in doubt what comes is of now.
  const away = touched && millis(Math.max(0, clock.now() - touched.mtimeMs));
  return {
    away,
    async run(signal) {
      const touch = async () => {
        const now = clock.now() / 1_000;
        // A disk that takes nothing is for the journal to tell.
        await utimes(file, now, now)
          .catch(() => writeFile(file, '', { mode: 0o600 }).then(() => utimes(file, now, now)))
          .catch(() => undefined);
      };
      const sleeping = (length: Millis) =>
        clock.sleep(length, signal).then(
          () => true,
          () => false,
        );
      if (!(await sleeping(firstTouchAfter))) return;
      do await touch();
      while (await sleeping(touchEvery));
      await touch();
    },
  };
}

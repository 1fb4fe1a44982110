/** One journal, one gateway: two would deliver everything twice, and the newer of them would change the file under the older. */
import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { GatewayError } from '../domain/errors.ts';

const holderFile = 'journal.holder';

/** Held until it is disposed or the process dies, however it dies: the operating system gives the lock back. Throws JOURNAL_UNAVAILABLE. */
export function holdJournal(folder: string): Disposable {
  let file: Database | undefined;
  try {
    file = new BetterSqlite(join(folder, holderFile), { timeout: 0 });
    file.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    file?.close();
    throw new GatewayError('JOURNAL_UNAVAILABLE', `The journal in ${folder} could not be had for this gateway alone: does another one run on it?`, {
      cause,
      context: { folder },
    });
  }
  const held = file;
  return { [Symbol.dispose]: () => held.close() };
}

/** What `campus-gateway journal verify` does: reads beside a gateway that may be running, and changes nothing. */
import { join } from 'node:path';
import BetterSqlite, { type Database } from 'better-sqlite3';
import { GatewayError } from '../domain/errors.ts';
import type { ChainReport } from '../domain/ports.ts';
import { verifyChain } from '../journal/chain.ts';
import { journalFile } from '../journal/journal.ts';

/** Throws JOURNAL_UNAVAILABLE where the file cannot be read, or has no chain yet. */
export async function verifyJournal(folder: string): Promise<ChainReport> {
  let database: Database | undefined;
  try {
    database = new BetterSqlite(join(folder, journalFile), { readonly: true, fileMustExist: true, timeout: 500 });
    return await verifyChain(database);
  } catch (cause) {
    throw new GatewayError('JOURNAL_UNAVAILABLE', `The journal in ${folder} cannot be verified: is it there, and has this build opened it once?`, {
      cause,
      context: { folder },
    });
  } finally {
    database?.close();
  }
}

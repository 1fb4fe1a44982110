/** The journal as a kill left it. Read from a copy: to recover the file itself is the next gateway's task, and part of what is measured. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { journalFile } from '../../gateway/journal/journal.ts';
import { pressKey } from './measure-ledger.ts';

export interface Crashed {
  /** Ids of the events whose delivery to the uplink it holds as accepted. */
  readonly accepted: ReadonlySet<string>;
  /** Their places in the journal. */
  readonly acceptedPlaces: ReadonlySet<number>;
  /** Keys of the presses that it holds. */
  readonly presses: ReadonlySet<string>;
}

/** Both empty where the end came before there was a journal. */
export function journalAfterKill(dataFolder: string, uplink: string): Crashed {
  const copy = mkdtempSync(join(tmpdir(), 'campus-crash-'));
  try {
    for (const file of [journalFile, `${journalFile}-wal`]) {
      if (existsSync(join(dataFolder, file))) copyFileSync(join(dataFolder, file), join(copy, file));
    }
    const database = new BetterSqlite(join(copy, journalFile));
    try {
      if (database.pragma('user_version', { simple: true }) === 0) return { accepted: new Set(), acceptedPlaces: new Set(), presses: new Set() };
      const accepted = database
        .prepare<[string], { id: string; position: number }>(
          "SELECT id, position FROM event JOIN delivery USING (position) WHERE uplink = ? AND state = 'accepted'",
        )
        .all(uplink);
      const raised = database.prepare<[], Parameters<typeof pressKey>[0]>("SELECT panel, boot, seq FROM event WHERE kind = 'alarm.raised'");
      return {
        accepted: new Set(accepted.map(({ id }) => id)),
        acceptedPlaces: new Set(accepted.map(({ position }) => position)),
        presses: new Set(raised.all().map(pressKey)),
      };
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}

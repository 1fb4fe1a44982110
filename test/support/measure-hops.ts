/** What a gateway's journal holds of the way of each alarm to one uplink: read once the gateway has stopped. */
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { Hop } from '../../gateway/domain/delivery.ts';
import { journalFile } from '../../gateway/journal/journal.ts';
import { pressKey } from './measure-ledger.ts';

export interface AlarmWay {
  /** As `pressKey` writes it. */
  readonly press: string;
  /** Place in the journal: its SN at a GB/T 28181 platform. */
  readonly position: number;
  /** Epoch ms of each hop, the gateway's own and those of the uplink. */
  readonly at: ReadonlyMap<Hop, number>;
}

interface Row {
  readonly position: number;
  readonly panel: string;
  readonly boot: string;
  readonly seq: number;
  readonly hop: Hop;
  readonly at: number;
}

export function waysOf(dataFolder: string, uplink: string): readonly AlarmWay[] {
  const database = new BetterSqlite(join(dataFolder, journalFile), { readonly: true });
  try {
    const rows = database
      .prepare<[string], Row>(
        `SELECT position, panel, boot, seq, hop, at FROM event JOIN receipt USING (position)
         WHERE kind = 'alarm.raised' AND seq IS NOT NULL AND by IN ('', ?) ORDER BY position`,
      )
      .all(uplink);
    const ways = new Map<number, AlarmWay & { readonly at: Map<Hop, number> }>();
    for (const { position, hop, at, ...press } of rows) {
      const way = ways.get(position) ?? { position, press: pressKey(press), at: new Map<Hop, number>() };
      ways.set(position, way);
      way.at.set(hop, at);
    }
    return [...ways.values()];
  } finally {
    database.close();
  }
}

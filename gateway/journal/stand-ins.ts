/** Deliveries of a backup that stand in for those of a primary, and what becomes of both. Part of the writer: lives in the journal's thread. */
import type { Database } from 'better-sqlite3';

export interface LaneBook {
  /** Puts a delivery into line. */
  owe(uplink: string, delivery: { readonly position: number; readonly lane: string; readonly rank: number }, at: number): void;
  /** One that is neither pending nor refused any more leaves line and counts. */
  settled(uplink: string, delivery: { readonly lane: string; readonly state: string }): void;
}

export interface StandIns {
  /** Before each batch: whether anybody stands in at all. Hardly ever; then an acceptance asks nothing more. */
  begin(): void;
  /** Owes to the backup what the primary is owed at these places. */
  standIn(backup: string, primary: string, positions: readonly number[], at: number): void;
  /** The backup is owed these for nobody any more. What is on its way may still arrive. */
  withdraw(backup: string, positions: readonly number[]): void;
  /** The uplink has it: a primary that it stood in for need not have it as well, and a backup need not that stood in for it. */
  accepted(uplink: string, position: number): void;
}

interface Row {
  readonly lane: string;
  readonly rank: number;
  readonly state: string;
}

export function openStandIns(database: Database, { owe, settled }: LaneBook): StandIns {
  const any = database.prepare<[], { one: 1 }>("SELECT 1 AS one FROM stand_in WHERE uplink > '' LIMIT 1");
  const find = database.prepare<[string, number], Row>('SELECT lane, rank, state FROM delivery WHERE uplink = ? AND position = ?');
  const add = database.prepare('INSERT INTO stand_in (uplink, position, stands_for) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const primariesOf = database.prepare<[string, number], { id: string }>('SELECT stands_for AS id FROM stand_in WHERE uplink = ? AND position = ?');
  const backupsOf = database.prepare<[string, number], { id: string }>('SELECT uplink AS id FROM stand_in WHERE stands_for = ? AND position = ?');
  const remove = database.prepare('DELETE FROM stand_in WHERE uplink = ? AND position = ?');
  const removeOne = database.prepare('DELETE FROM stand_in WHERE uplink = ? AND position = ? AND stands_for = ?');
  const cover = database.prepare(`UPDATE delivery SET state = 'accepted', covered_by = ?, reason = NULL WHERE uplink = ? AND position = ?`);
  const drop = database.prepare('DELETE FROM delivery WHERE uplink = ? AND position = ?');
  let standing = false;

  const owed = (uplink: string, position: number): Row | undefined => {
    const delivery = find.get(uplink, position);
    return delivery?.state === 'accepted' ? undefined : delivery;
  };
  const covered = (primary: string, position: number, by: string): void => {
    const delivery = owed(primary, position);
    if (!delivery) return;
    cover.run(by, primary, position);
    settled(primary, delivery);
  };
  const dropped = (backup: string, position: number): void => {
    const delivery = owed(backup, position);
    if (!delivery) return;
    drop.run(backup, position);
    settled(backup, delivery);
  };

  return {
    begin() {
      standing = any.get() !== undefined;
    },
    standIn(backup, primary, positions, at) {
      for (const position of positions) {
        const delivery = owed(primary, position);
        if (!delivery) continue; // it has been accepted meanwhile
        const own = find.get(backup, position);
        if (own?.state === 'accepted') {
          covered(primary, position, backup);
          continue;
        }
        if (!own) owe(backup, { position, lane: delivery.lane, rank: delivery.rank }, at);
        add.run(backup, position, primary);
        standing = true;
      }
    },
    withdraw(backup, positions) {
      for (const position of positions) {
        remove.run(backup, position);
        dropped(backup, position);
      }
    },
    accepted(uplink, position) {
      if (!standing) return;
      for (const { id } of primariesOf.all(uplink, position)) covered(id, position, uplink);
      remove.run(uplink, position);
      for (const { id: backup } of backupsOf.all(uplink, position)) {
        removeOne.run(backup, position, uplink);
        if (primariesOf.all(backup, position).length === 0) dropped(backup, position);
      }
    },
  };
}

/** The journal's tables, as numbered migrations that are never edited once released. `test/fixtures/journal/schema.sql` holds the outcome. */
import { GatewayError } from '../domain/errors.ts';
import type { Schema } from '../runtime/migrations.ts';

/** SQLite 3.7.0 to 3.51.2 can lose commits with two connections on one WAL (the WAL-reset race; reliability-security §0.2). */
const oldestSqlite = [3, 51, 3] as const;

export function assertSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [place, wanted] of oldestSqlite.entries()) {
    const got = parts[place] ?? 0;
    if (got > wanted) return;
    if (got < wanted) {
      throw new GatewayError(
        'SQLITE_TOO_OLD',
        `SQLite ${oldestSqlite.join('.')} or newer is needed to keep alarms safe, but ${version} is built in.`,
        {
          context: { version },
        },
      );
    }
  }
}

export const journalSchema: Schema = {
  name: 'The journal',
  migrations: [
    `
  CREATE TABLE event (
    position      INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    dedupe        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    journalled_at INTEGER NOT NULL,
    lane          TEXT NOT NULL,
    panel         TEXT,
    zone          TEXT,
    type          TEXT,
    boot          TEXT,
    seq           INTEGER,
    about         TEXT,
    body          TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_kind ON event (kind, position);
  CREATE INDEX event_by_sequence ON event (panel, boot, seq) WHERE seq IS NOT NULL;
  CREATE INDEX event_by_zone ON event (panel, zone, type, position) WHERE zone IS NOT NULL;

  CREATE TABLE receipt (
    position INTEGER NOT NULL REFERENCES event (position),
    hop      TEXT NOT NULL,
    by       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    proof    TEXT,
    PRIMARY KEY (position, hop, by)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE open_alarm (
    position INTEGER PRIMARY KEY REFERENCES event (position)
  ) STRICT;

  CREATE TABLE standing_fault (
    fault    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    id       TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES event (position),
    PRIMARY KEY (fault, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX standing_fault_by_id ON standing_fault (id);

  CREATE TABLE delivery (
    uplink   TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES event (position),
    lane     TEXT NOT NULL,
    rank     INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'refused', 'accepted')),
    attempts INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    reason   TEXT,
    PRIMARY KEY (uplink, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_by_event ON delivery (position);
  CREATE INDEX delivery_in_line ON delivery (uplink, lane, rank, position) WHERE state = 'pending';
  CREATE INDEX delivery_refused_due ON delivery (uplink, next_at) WHERE state = 'refused';
  CREATE INDEX delivery_refused_oldest ON delivery (uplink, position) WHERE state = 'refused';
  CREATE INDEX delivery_refused_in_line ON delivery (uplink, rank, position, next_at) WHERE state = 'refused';

  -- One row per lane that holds something pending: its first in line, and the best rank among all that wait in it.
  -- With it a claim reads as many rows as it returns, however long the line is.
  CREATE TABLE lane (
    uplink  TEXT NOT NULL,
    lane    TEXT NOT NULL,
    rank    INTEGER NOT NULL,
    head    INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    PRIMARY KEY (uplink, lane)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lane_in_order ON lane (uplink, rank, head, next_at);
  CREATE INDEX lane_by_due ON lane (uplink, next_at, head);

  CREATE TABLE tally (
    uplink   TEXT PRIMARY KEY,
    pending  INTEGER NOT NULL,
    refused  INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    alarms   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Written once when a connection opens: proof that a commit can be made before anything is promised.
  CREATE TABLE opened (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
  ) STRICT;
  `,
    // What is owed and may concern a life: the oldest alarm that has not arrived is asked for every second, whatever else waits.
    "CREATE INDEX delivery_of_alarm_owed ON delivery (uplink, position) WHERE rank < 2 AND state <> 'accepted';",
    // The chain (chain.ts) begins with the first event after this; the life of an alarm is asked for with the alarm.
    `ALTER TABLE event ADD COLUMN link TEXT;
  CREATE INDEX event_by_about ON event (about, position) WHERE about IS NOT NULL;`,
    `
  -- What lies in the folder of evidence: the newest entry of each piece.
  CREATE TABLE standing_evidence (
    id       TEXT PRIMARY KEY,
    position INTEGER NOT NULL REFERENCES event (position)
  ) STRICT, WITHOUT ROWID;
  `,
    // Which delivery of a backup stands in for which primary, while it is owed; and which backup took what a primary was owed.
    `CREATE TABLE stand_in (
    uplink     TEXT NOT NULL,
    position   INTEGER NOT NULL,
    stands_for TEXT NOT NULL,
    PRIMARY KEY (uplink, position, stands_for)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX stand_in_by_primary ON stand_in (stands_for, position);
  ALTER TABLE delivery ADD COLUMN covered_by TEXT;`,
  ],
};

/** Questions about the journal, on a read-only connection of its own: WAL lets it read while the journal's thread commits. */
import type { Database } from 'better-sqlite3';
import type { Backlog, DeliveryState, DeliveryStatus, Hop, Receipt, UndeliveredAlarm } from '../domain/delivery.ts';
import type { AlarmRaised, DomainEvent, JournalEntry } from '../domain/event.ts';
import type { EventId, UplinkId } from '../domain/ids.ts';
import type { AlarmRecord, JournalReader } from '../domain/ports.ts';
import { type Instant, instant } from '../domain/time.ts';
import type { ClockSettings } from './clock-settings.ts';
import { openDeskReader } from './desk-reader.ts';
import { openSupervisionReader } from './supervision-reader.ts';

interface EntryRow {
  readonly position: number;
  readonly journalled_at: number;
  readonly body: string;
}

export function entryOf(row: EntryRow): JournalEntry {
  return { position: row.position, journalledAt: instant(row.journalled_at), event: JSON.parse(row.body) as DomainEvent };
}

// `LIMIT +?` here and in the outbox: a bare `LIMIT ?` makes SQLite prepare the statement anew at every run, to plan by its value.
const entry = 'SELECT e.position, e.journalled_at, e.body FROM event e';

/** `corrected`: a journalled time by the clock as it now stands. */
export function openReader(database: Database, corrected: ClockSettings['corrected']): JournalReader {
  const byId = database.prepare<[string], EntryRow>(`${entry} WHERE e.id = ?`);
  const byPosition = database.prepare<[number], EntryRow>(`${entry} WHERE e.position = ?`);
  const raised = database.prepare<[number, number], EntryRow>(
    `${entry} WHERE e.kind = 'alarm.raised' AND e.position < ? ORDER BY e.position DESC LIMIT +?`,
  );
  const open = database.prepare<[number, number], EntryRow>(
    `${entry} JOIN open_alarm o ON o.position = e.position WHERE o.position < ? ORDER BY o.position DESC LIMIT +?`,
  );
  const after = database.prepare<[number, number], EntryRow>(`${entry} WHERE e.position > ? ORDER BY e.position LIMIT +?`);
  const afterOfKind = database.prepare<[string, number, number], EntryRow>(
    `${entry} WHERE e.kind = ? AND e.position > ? ORDER BY e.position LIMIT +?`,
  );
  const receipts = database.prepare<[number], { hop: Hop; at: number; by: string; proof: string | null }>(
    `SELECT hop, at, by, proof FROM receipt WHERE position = ?
     ORDER BY instr('pressed received journalled sent answered confirmed accepted shown acknowledged', hop), at`,
  );
  const deliveries = database.prepare<
    [number],
    { uplink: UplinkId; state: DeliveryState; attempts: number; reason: string | null; next_at: number; covered_by: UplinkId | null }
  >('SELECT uplink, state, attempts, reason, next_at, covered_by FROM delivery WHERE position = ? ORDER BY uplink');
  const restored = database.prepare<[string, string, string, number], EntryRow>(
    `${entry} WHERE e.panel = ? AND e.zone = ? AND e.type = ? AND e.position > ? AND e.kind = 'alarm.restored' ORDER BY e.position LIMIT 1`,
  );
  const highest = database.prepare<[string, string], { highest: number | null }>(
    'SELECT max(seq) AS highest FROM event WHERE panel = ? AND boot = ? AND seq IS NOT NULL',
  );
  const known = database.prepare<[string, string, number], { one: 1 }>('SELECT 1 AS one FROM event WHERE panel = ? AND boot = ? AND seq = ? LIMIT 1');
  const standing = database.prepare<[], EntryRow>(`${entry} JOIN standing_fault f ON f.position = e.position ORDER BY e.position`);
  const evidence = database.prepare<[], EntryRow>(`${entry} JOIN standing_evidence s ON s.position = e.position ORDER BY e.position`);
  const evidenceOf = database.prepare<[string], EntryRow>(
    `${entry} WHERE e.about = ? AND e.kind IN ('evidence.begun', 'evidence.kept', 'evidence.removed') ORDER BY e.position`,
  );
  const lastOfZone = database.prepare<[string, string, string], EntryRow>(
    `${entry} WHERE e.panel = ? AND e.zone = ? AND e.type = ? ORDER BY e.position DESC LIMIT 1`,
  );
  const lastKind = database.prepare<[string, string, string], { kind: string }>(
    'SELECT kind FROM event WHERE panel = ? AND zone = ? AND type = ? ORDER BY position DESC LIMIT 1',
  );
  const nextType = database.prepare<[string, string, string], { type: string | null }>(
    'SELECT min(type) AS type FROM event WHERE panel = ? AND zone = ? AND type > ?',
  );
  const tally = database.prepare<[string], { pending: number; refused: number }>('SELECT pending, refused FROM tally WHERE uplink = ?');
  const oldest = database.prepare<[string, string], { position: number; at: number }>(
    `SELECT position, journalled_at AS at FROM event WHERE position = (SELECT min(position) FROM (
       SELECT min(head) AS position FROM lane WHERE uplink = ?
       UNION ALL SELECT min(position) FROM delivery WHERE uplink = ? AND state = 'refused'))`,
  );
  const oldestAlarm = database.prepare<[string], EntryRow>(
    `SELECT e.position, e.journalled_at, e.body FROM delivery d INDEXED BY delivery_of_alarm_owed JOIN event e USING (position)
     WHERE d.uplink = ? AND d.rank < 2 AND d.state <> 'accepted'
       AND e.kind = 'alarm.raised' AND NOT e.body ->> '$.drill' AND NOT e.body ->> '$.test' ORDER BY d.position LIMIT 1`,
  );

  const about = database.prepare<[string], EntryRow>(`${entry} WHERE e.about = ? ORDER BY e.position`);

  const alarmOf = (row: EntryRow): AlarmRecord => {
    const { position, journalledAt, event } = entryOf(row);
    const end = event.kind === 'alarm.raised' ? restored.get(event.panel, event.zone, event.type, position) : undefined;
    return {
      position,
      journalledAt,
      event,
      receipts: receipts
        .all(position)
        .map(({ hop, at, by, proof }): Receipt => ({ hop, at: instant(at), ...(by === '' ? {} : { by }), ...(proof === null ? {} : { proof }) })),
      deliveries: deliveries.all(position).map(
        ({ uplink, state, attempts, reason, next_at, covered_by }): DeliveryStatus => ({
          uplink,
          state,
          attempts,
          ...(reason === null ? {} : { reason }),
          ...(covered_by === null ? {} : { coveredBy: covered_by }),
          ...(state === 'accepted' ? {} : { nextTryAt: instant(next_at) }),
        }),
      ),
      life: about.all(event.id).map(entryOf),
      ...(end ? { restoredAt: believedTime(entryOf(end).event) } : {}),
    };
  };

  const alarm: JournalReader['alarm'] = (event) => {
    const row = byId.get(event);
    if (!row) return undefined;
    const record = alarmOf(row);
    return record.event.kind === 'alarm.raised' ? record : undefined;
  };

  return {
    ...openSupervisionReader(database),
    ...openDeskReader({
      ...{ database, corrected, alarm },
      alarmAt: (position) => {
        const row = byPosition.get(position);
        return row && alarmOf(row);
      },
    }),
    find: (event: EventId) => {
      const row = byId.get(event);
      return row && entryOf(row);
    },
    alarm,
    alarms: ({ before = Number.MAX_SAFE_INTEGER, limit, unacknowledged = false }) => (unacknowledged ? open : raised).all(before, limit).map(alarmOf),
    events: ({ after: since = 0, limit, kinds }) => {
      // One question per kind and a merge: SQLite would sort all that ever matched to give the first page.
      const rows = kinds
        ? [...new Set(kinds)].flatMap((kind) => afterOfKind.all(kind, since, limit)).sort((a, b) => a.position - b.position)
        : after.all(since, limit);
      return rows.slice(0, limit).map(entryOf);
    },
    sequence: (panel, { boot, seq }) => {
      const top = highest.get(panel, boot)?.highest ?? undefined;
      return { known: known.get(panel, boot, seq) !== undefined, ...(top === undefined ? {} : { highest: top }) };
    },
    openFaults: () => standing.all().map(entryOf),
    standingEvidence: () => evidence.all().map(entryOf),
    evidenceOf: (alarm) => evidenceOf.all(alarm).map(entryOf),
    lastZoneEvent: (panel, zone, type) => {
      const row = lastOfZone.get(panel, zone, type);
      return row && entryOf(row);
    },
    raisedTypes: (panel, zone, of) => {
      const raised = (type: string) => lastKind.get(panel, zone, type)?.kind === 'alarm.raised';
      if (of !== undefined) return raised(of) ? [of] : [];
      // From type to type by the index: a zone has few types, and may have years of events.
      const types: string[] = [];
      for (let type = nextType.get(panel, zone, '')?.type; type; type = nextType.get(panel, zone, type)?.type) {
        if (raised(type)) types.push(type);
      }
      return types;
    },
    backlog: (uplink): Backlog => {
      const counts = tally.get(uplink);
      const first = oldest.get(uplink, uplink);
      const alarm = oldestAlarm.get(uplink);
      return {
        ...{ pending: counts?.pending ?? 0, refused: counts?.refused ?? 0 },
        ...(first === undefined ? {} : { oldest: corrected(first.position, first.at) }),
        ...(alarm === undefined ? {} : { oldestAlarm: { ...undeliveredOf(alarm), journalledAt: corrected(alarm.position, alarm.journalled_at) } }),
      };
    },
  };
}

function undeliveredOf(row: EntryRow): Pick<UndeliveredAlarm, 'event'> {
  return { event: entryOf(row).event as AlarmRaised }; // asked for by its kind
}

function believedTime(event: DomainEvent): Instant {
  return event.clockTrust === 'ok' && event.occurredAt !== undefined ? event.occurredAt : event.receivedAt;
}

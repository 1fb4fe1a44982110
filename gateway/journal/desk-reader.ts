/** What the desk asks of the journal: an incident with the proof that it is as it was, and what a panel was told. */
import type { Database } from 'better-sqlite3';
import type { CommandEnded, CommandOrdered } from '../domain/event.ts';
import type { AlarmRecord, IncidentAlarm, JournalReader } from '../domain/ports.ts';
import { linkOf } from './chain.ts';
import type { ClockSettings } from './clock-settings.ts';
import { commandEndedKey } from './operation.ts';

/** Events after its first alarm within which an incident is looked for: what comes later joined a flood that nobody reads one by one. */
const reach = 10_000;
const mostAlarms = 100;
/** Events back from the newest within which commands are looked for. */
const lately = 20_000;

interface ChainRow {
  readonly journalled_at: number;
  readonly body: string;
  readonly link: string | null;
  readonly before: string | null;
}

export interface DeskReaderParts {
  readonly database: Database;
  readonly corrected: ClockSettings['corrected'];
  alarmAt(position: number): AlarmRecord | undefined;
  alarm: JournalReader['alarm'];
}

export function openDeskReader({ database, corrected, alarm, alarmAt }: DeskReaderParts): Pick<JournalReader, 'incident' | 'commands'> {
  const positionOf = database.prepare<[string], { position: number }>('SELECT position FROM event WHERE id = ?');
  const joined = database.prepare<[number, number, string], { position: number }>(
    `SELECT position FROM event WHERE kind = 'alarm.raised' AND position >= ? AND position < ? AND body ->> '$.incident' = ? ORDER BY position`,
  );
  const chained = database.prepare<[number], ChainRow>(
    `SELECT e.journalled_at, e.body, e.link, (SELECT b.link FROM event b WHERE b.position = e.position - 1) AS before FROM event e WHERE e.position = ?`,
  );
  const newest = database.prepare<[], { position: number | null }>('SELECT max(position) AS position FROM event');
  // The lamp of whoever pressed is told for each alarm that arrives: that is no order of anybody's.
  const ordered = database.prepare<[number, string, number], { body: string }>(
    `SELECT body FROM event WHERE kind = 'command.ordered' AND position > ? AND panel = ? AND body ->> '$.op' <> 'received' ORDER BY position DESC LIMIT +?`,
  );
  const ended = database.prepare<[string], { body: string }>('SELECT body FROM event WHERE dedupe = ?');

  const intact = (row: ChainRow | undefined) =>
    row !== undefined && (row.link === null || row.link === linkOf(row.before, row.journalled_at, row.body));
  const marked = (record: AlarmRecord): IncidentAlarm => {
    const own = chained.get(record.position);
    return {
      record,
      since: corrected(record.position, record.journalledAt),
      ...(own?.link ? { link: own.link } : {}),
      intact: intact(own) && record.life.every(({ position }) => intact(chained.get(position))),
    };
  };

  return {
    incident: (id) => {
      const known = alarm(id);
      if (known?.event.kind !== 'alarm.raised') return undefined;
      const { incident } = known.event;
      if (incident === undefined) return { count: 1, alarms: [marked(known)] };
      const first = positionOf.get(incident)?.position ?? known.position;
      const positions = joined.all(first, first + reach, incident).map(({ position }) => position);
      return {
        count: positions.length,
        alarms: positions
          .slice(0, mostAlarms)
          .flatMap((position) => alarmAt(position) ?? [])
          .map(marked),
      };
    },
    commands: (panel, limit) =>
      ordered.all((newest.get()?.position ?? 0) - lately, panel, limit).map(({ body }) => {
        const order = JSON.parse(body) as CommandOrdered; // asked for by its kind
        const end = ended.get(commandEndedKey(order.id));
        return { ordered: order, ...(end ? { ended: JSON.parse(end.body) as CommandEnded } : {}) };
      }),
  };
}

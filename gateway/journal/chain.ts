/**
 * The chain of events: each carries the SHA-256 of the link before it, its time and its body. Whoever changes, removes, inserts or moves an event
 * would have to forge every link after it, and those of them that left the box with a delivery are out of reach (ADR 0028).
 */
import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { ChainReport } from '../domain/ports.ts';

/** Hex. `previous`: null at the beginning of the chain. `body` is the event as stored, byte for byte: it needs no other canonical form. */
export function linkOf(previous: string | null, journalledAt: number, body: string): string {
  return hash('sha256', `${previous ?? ''}\n${journalledAt}\n${body}`);
}

interface LinkedRow {
  readonly position: number;
  readonly id: string;
  readonly kind: string;
  readonly journalled_at: number;
  readonly body: string;
  readonly link: string | null;
  readonly body_id: string | null;
  readonly body_kind: string | null;
}

/** Rows looked at between two turns of the event loop: some milliseconds. */
const slice = 200;

type Break = NonNullable<ChainReport['broken']>['what'];

export interface ChainWalk {
  /** Position of the event that is taken as it stands, and looked at no more; 0 unless given. */
  readonly after?: number;
  /** Awaited between two slices; a turn of the event loop unless given. */
  readonly pause?: () => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** Looks at every event. Yields to others all along: a journal of a million takes a while, and alarms go first. */
export async function verifyChain(database: Database, { after = 0, pause = nextTurn, signal }: ChainWalk = {}): Promise<ChainReport> {
  const rows = database.prepare<[number, number], LinkedRow>(
    `SELECT position, id, kind, journalled_at, body, link, CASE WHEN json_valid(body) THEN body ->> '$.id' END AS body_id,
       CASE WHEN json_valid(body) THEN body ->> '$.kind' END AS body_kind FROM event WHERE position > ? ORDER BY position LIMIT +?`,
  );
  // What AUTOINCREMENT gave out last: events that were cut off the end are missed.
  const given = database.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'event'").get()?.seq ?? 0;
  let position = after;
  let unlinked = 0;
  let previous: string | null = null;
  const report = (what?: Break): ChainReport => ({
    position,
    unlinked,
    ...(previous === null ? {} : { link: previous }),
    ...(what ? { broken: { position: position + 1, what } } : {}),
  });
  try {
    if (after > 0) previous = rows.all(after - 1, 1)[0]?.link ?? null;
    for (;;) {
      const page = rows.all(position, slice);
      for (const row of page) {
        if (row.position !== position + 1) return report('missing');
        if (row.link === null && previous === null) unlinked += 1;
        else if (row.link !== linkOf(previous, row.journalled_at, row.body)) return report('altered');
        // The columns by which events are found must say what the body says.
        if (row.body_id !== row.id || row.body_kind !== row.kind) return report('altered');
        previous = row.link;
        position = row.position;
      }
      if (page.length < slice) break;
      await pause();
      signal?.throwIfAborted();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT'))) throw error;
    return report('unreadable');
  }
  return position < given ? report('missing') : report();
}

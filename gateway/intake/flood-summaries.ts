/** Says every half minute what the flood guard withheld, as counts: one event per panel. */
import type { DomainEvent } from '../domain/event.ts';
import type { CampusId, EventId } from '../domain/ids.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import type { Flood, FloodGuard } from './flood-guard.ts';

export interface FloodSummaryParts {
  readonly guard: FloodGuard;
  readonly record: (event: DomainEvent) => Promise<unknown>;
  readonly nextId: () => EventId;
  readonly campus: () => CampusId;
  readonly clock: Clock;
  readonly log: Logger;
}

const tellEvery = seconds(30);
/** Summaries kept while the journal takes none; the alarms themselves are in it or were refused. */
const mostOwed = 100;

export async function tellFloods({ guard, record, nextId, campus, clock, log }: FloodSummaryParts, signal: AbortSignal): Promise<void> {
  let owed: readonly Flood[] = [];
  while (!signal.aborted) {
    await clock.sleep(tellEvery, signal).catch(() => undefined); // aborted: tell what there is, once more
    const failed: Flood[] = [];
    for (const flood of [...owed, ...guard.take()]) {
      try {
        await record({ kind: 'alarm.flood', id: nextId(), campus: campus(), receivedAt: clock.now(), clockTrust: 'none', ...flood });
      } catch (error) {
        log.error('flood not told, trying again', { panel: flood.panel, error });
        failed.push(flood);
      }
    }
    owed = failed.slice(-mostOwed);
  }
}

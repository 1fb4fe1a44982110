/** What a fresh alarm is among the others of its campus. Whatever fails here, the alarm goes on as it came. */
import type { AlarmRaised, JournalEntry } from '../domain/event.ts';
import { Incidents } from '../domain/incident.ts';
import type { JournalReader, Logger, Recorded } from '../domain/ports.ts';

/** Alarms looked back on at a start: what of them is recent enough matters still. */
const mostRecalled = 200;

export interface Judgement {
  /** The alarm with what is to be said of it beside the report. Never throws. */
  of(alarm: AlarmRaised): AlarmRaised;
  /** What became of it: not in the journal (or there before, under another id), and nothing may refer to it. */
  settled(alarm: AlarmRaised, recorded: Recorded | undefined): void;
}

export function openJudgement({ read, log }: { readonly read: JournalReader; readonly log: Logger }): Judgement {
  const incidents = new Incidents();
  for (const { event } of recent(read)) if (event.incident !== undefined) incidents.recall(event, event.incident);

  return {
    of: (alarm) => {
      try {
        const incident = incidents.join(alarm);
        // In front of the rest: see decide.ts.
        return { ...(incident === undefined ? {} : { incident }), ...alarm };
      } catch (error) {
        log.error('alarm not judged', { alarm: alarm.id, error });
        return alarm;
      }
    },
    settled: (alarm, recorded) => {
      if (recorded?.entry.event.id !== alarm.id) incidents.forget(alarm);
    },
  };
}

function* recent(read: JournalReader): Generator<JournalEntry & { readonly event: AlarmRaised }> {
  for (const { event, position, journalledAt } of read.alarms({ limit: mostRecalled }).toReversed()) {
    if (event.kind === 'alarm.raised') yield { event, position, journalledAt };
  }
}

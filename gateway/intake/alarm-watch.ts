/** Keeps the escalation clocks (escalation.ts) over the alarms that nobody has taken on, from the journal on. What fails here never touches the intake. */
import { lifeOf } from '../domain/alarm-life.ts';
import type { DomainEvent, JournalEntry } from '../domain/event.ts';
import type { EventId } from '../domain/ids.ts';
import type { Clock, JournalReader, Logger, Recorded } from '../domain/ports.ts';
import { between, hours, millis, seconds } from '../domain/time.ts';
import { Attention } from './attention.ts';

export interface AlarmWatchParts {
  readonly read: JournalReader;
  readonly record: (event: DomainEvent) => Promise<Recorded>;
  readonly nextId: () => EventId;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AlarmWatch {
  /** Told of each event once it is committed. Never throws. */
  note(entry: JournalEntry): void;
  run(signal: AbortSignal): Promise<void>;
}

const lookEvery = seconds(1);
/** An alarm that has waited longer when the box starts calls nobody any more: a school that never acknowledges would be called at each start. */
const pastAfter = hours(24);
/** Of the newest that nobody has taken on, at a start. */
const mostRecalled = 1_000;

export function openAlarmWatch({ read, record, nextId, clock, log }: AlarmWatchParts): AlarmWatch {
  const attention = new Attention();

  const recall = () => {
    const now = clock.now();
    for (const entry of read.alarms({ unacknowledged: true, limit: mostRecalled }).toReversed()) {
      const { waitingSince, escalated } = lifeOf(entry, entry.life);
      const waited = Math.max(0, between(waitingSince, now));
      if (entry.event.kind === 'alarm.raised' && waited <= pastAfter) attention.waits(entry.event, millis(clock.monotonic() - waited), escalated);
    }
  };

  const take = ({ event }: JournalEntry) => {
    if (event.kind === 'alarm.raised') attention.waits(event, clock.monotonic());
    else if (event.kind === 'alarm.acknowledged') attention.attended(event.alarm, clock.monotonic());
    else if (event.kind === 'alarm.progressed' && event.step.name === 'reopened') {
      const raised = read.find(event.alarm)?.event;
      if (raised?.kind === 'alarm.raised') attention.waits(raised, clock.monotonic());
    }
  };

  const look = async () => {
    for (const { alarm, level, to, waiting } of attention.due(clock.monotonic())) {
      const campus = read.find(alarm)?.event.campus;
      if (campus === undefined) continue;
      log.warn('alarm escalated', { alarm, level, to, waiting });
      await record({ kind: 'alarm.escalated', id: nextId(), campus, receivedAt: clock.now(), clockTrust: 'none', alarm, level, to, waiting });
      attention.told(alarm, level);
    }
  };

  let recalled = false;
  return {
    note: (entry) => {
      try {
        take(entry);
      } catch (error) {
        log.error('alarm clock not kept', { event: entry.event.id, error });
      }
    },
    run: async (signal) => {
      // Once: a life that is begun again after a failure still remembers.
      if (!recalled) recall();
      recalled = true;
      while (!signal.aborted) {
        await look().catch((error) => log.error('alarm not escalated, trying again', { error }));
        await clock.sleep(lookEvery, signal).catch(() => undefined); // aborted: the loop sees it
      }
    },
  };
}

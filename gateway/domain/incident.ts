/** Which alarms belong together (alarm-panels §6): one incident is one card with a count. Every alarm of it is still stored and delivered. Pure. */
import { overtakes, type Severity } from './alarm.ts';
import type { EventId } from './ids.ts';
import { between, type Instant, seconds } from './time.ts';

/** An alarm joins where the one before it came at most this long ago. */
const incidentWindow = seconds(120);

interface Grouped {
  readonly id: EventId;
  readonly type: string;
  readonly severity: Severity;
  readonly drill: boolean;
  readonly test: boolean;
  readonly historical: boolean;
  readonly receivedAt: Instant;
}

/** Panic, fire and hold-up each stand for themselves, and nothing joins what is milder or graver; a rehearsal never joins what is real. */
function kindOf({ type, severity, drill, test }: Grouped): string {
  return `${overtakes(type) ? type.split('.')[0] : 'other'}/${severity}/${drill}/${test}`;
}

interface Open {
  readonly incident: EventId;
  readonly lastAt: Instant;
}

/** The incidents of one campus that an alarm may still join. */
export class Incidents {
  readonly #open = new Map<string, Open>();

  /** The incident of this alarm: named after the first of its alarms. One that waited in a panel belongs to a time that is over, and to none. */
  join(alarm: Grouped): EventId | undefined {
    if (alarm.historical) return undefined;
    const kind = kindOf(alarm);
    const open = this.#open.get(kind);
    const joined = open && between(open.lastAt, alarm.receivedAt) <= incidentWindow ? open : undefined;
    const incident = joined?.incident ?? alarm.id;
    this.#open.set(kind, { incident, lastAt: Math.max(joined?.lastAt ?? 0, alarm.receivedAt) as Instant });
    return incident;
  }

  /** As the journal holds it: after a restart. */
  recall(alarm: Grouped, incident: EventId): void {
    this.#open.set(kindOf(alarm), { incident, lastAt: alarm.receivedAt });
  }

  /** This alarm did not get into the journal: nothing may be named after it. */
  forget(alarm: Grouped): void {
    const kind = kindOf(alarm);
    if (this.#open.get(kind)?.incident === alarm.id) this.#open.delete(kind);
  }
}

/** Detectors that trip again and again while armed (swinger shutdown, alarm-panels §6): from the fourth time on the alarm says so. It is still sent. */
import type { AlarmRaised, ArmingChanged } from '../domain/event.ts';
import { isIntrusion } from '../domain/verification.ts';

/** Trips of one zone that are believed as they come, per arm period. */
const believedTrips = 3;
/** Zones counted; more than any campus has. */
const mostZones = 4_096;

export class Swingers {
  readonly #trips = new Map<string, number>();

  /** Counts a trip, and says whether it is one too many. Panic and fire are never counted, nor what waited in a panel. */
  trip(alarm: AlarmRaised): boolean {
    if (!isIntrusion(alarm.type) || alarm.historical) return false;
    const key = keyOf(alarm);
    const trips = (this.#trips.get(key) ?? 0) + 1;
    this.#trips.delete(key);
    this.#trips.set(key, trips);
    if (this.#trips.size > mostZones) this.#trips.delete(this.#trips.keys().next().value ?? key);
    return trips > believedTrips;
  }

  /** It is not in the journal after all. */
  forget(alarm: AlarmRaised): void {
    const trips = this.#trips.get(keyOf(alarm));
    if (trips !== undefined && isIntrusion(alarm.type) && !alarm.historical) this.#trips.set(keyOf(alarm), trips - 1);
  }

  /** A new arm period: of its partition, and of the zones whose partition nobody named. */
  armed({ panel, partition }: Pick<ArmingChanged, 'panel' | 'partition'>): void {
    for (const key of this.#trips.keys()) if (key.startsWith(`${panel}|${partition}|`) || key.startsWith(`${panel}||`)) this.#trips.delete(key);
  }
}

function keyOf({ panel, partition, zone }: AlarmRaised): string {
  return `${panel}|${partition ?? ''}|${zone}`;
}

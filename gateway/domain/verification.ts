/**
 * What makes an intrusion more than one detector's word (alarm-panels §6): a second zone within the time, or the zones that a site has put together.
 * Rules as data; pure but for what it remembers. Panic and fire need nobody's confirmation and get none.
 */
import type { AlarmRaised } from './event.ts';
import type { EventId } from './ids.ts';
import { between, type Instant, type Millis, minutes } from './time.ts';

/** Zones that look at the same place: they confirm each other, and nothing else confirms them. */
export interface ZoneGroup {
  /** `panel/zone`. */
  readonly zones: readonly string[];
  readonly within: Millis;
}

/** Two detectors of a building within half an hour (EN 50131-9). Outdoors an animal walks from one to the next: those need a group. */
export const sequentialRule = {
  within: minutes(30),
  types: ['burglary', 'burglary.interior', 'burglary.24h', 'burglary.entryexit', 'burglary.silent', 'burglary.verified', 'intrusion.general'],
} as const;

interface Detection {
  readonly id: EventId;
  readonly zone: string;
  readonly type: string;
  readonly marks: string;
  readonly at: Instant;
}

/** Detections remembered; in half an hour no campus has more that matter. */
const mostRemembered = 1_000;

export function isIntrusion(type: string): boolean {
  return type === 'burglary' || type.startsWith('burglary.') || type.startsWith('intrusion.');
}

const indoors: ReadonlySet<string> = new Set(sequentialRule.types);
const marksOf = ({ drill, test }: AlarmRaised) => `${drill}/${test}`;
const zoneOf = ({ panel, zone }: AlarmRaised) => `${panel}/${zone}`;

export class Detections {
  readonly #recent: Detection[] = [];

  /** The newest alarm that confirms this one; undefined: it stands alone. */
  confirming(alarm: AlarmRaised, groups: readonly ZoneGroup[]): EventId | undefined {
    if (!isIntrusion(alarm.type) || alarm.historical) return undefined;
    const zone = zoneOf(alarm);
    const marks = marksOf(alarm);
    const group = groups.find(({ zones }) => zones.includes(zone));
    const within = group?.within ?? sequentialRule.within;
    const counts = (other: Detection) =>
      group ? group.zones.includes(other.zone) : indoors.has(other.type) && !groups.some(({ zones }) => zones.includes(other.zone));
    if (!group && !indoors.has(alarm.type)) return undefined;
    return this.#recent.findLast(
      (other) => other.zone !== zone && other.marks === marks && Math.abs(between(other.at, alarm.receivedAt)) <= within && counts(other),
    )?.id;
  }

  /** It may confirm others from now on. A detector that trips all the time may not. */
  note(alarm: AlarmRaised): void {
    if (!isIntrusion(alarm.type) || alarm.historical || alarm.swinger) return;
    this.#recent.push({ id: alarm.id, zone: zoneOf(alarm), type: alarm.type, marks: marksOf(alarm), at: alarm.receivedAt });
    if (this.#recent.length > mostRemembered) this.#recent.shift();
  }

  /** It is not in the journal after all. */
  forget(id: EventId): void {
    const at = this.#recent.findLastIndex((detection) => detection.id === id);
    if (at >= 0) this.#recent.splice(at, 1);
  }
}

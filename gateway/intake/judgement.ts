/** What a fresh alarm is among the others of its campus. Whatever fails here, the alarm goes on as it came. */
import type { Inventory } from '../domain/campus.ts';
import type { AlarmRaised, ArmingChanged } from '../domain/event.ts';
import { Incidents } from '../domain/incident.ts';
import type { JournalReader, Logger, Recorded } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { Detections, type ZoneGroup } from '../domain/verification.ts';
import { Swingers } from './swingers.ts';

/** Alarms looked back on at a start: what of them is recent enough matters still. */
const mostRecalled = 200;

export interface Judgement {
  /** The alarm with what is to be said of it beside the report. Never throws. */
  of(alarm: AlarmRaised, inventory: Inventory): AlarmRaised;
  /** What became of it: not in the journal (or there before, under another id), and nothing may refer to it. */
  settled(alarm: AlarmRaised, recorded: Recorded | undefined): void;
  armed(event: ArmingChanged): void;
}

export function openJudgement({ read, log }: { readonly read: JournalReader; readonly log: Logger }): Judgement {
  const incidents = new Incidents();
  const detections = new Detections();
  const swingers = new Swingers();
  for (const alarm of recent(read)) {
    detections.note(alarm);
    if (alarm.incident !== undefined) incidents.recall(alarm, alarm.incident);
  }

  const judged = (alarm: AlarmRaised, groups: readonly ZoneGroup[]): AlarmRaised => {
    const swinger = swingers.trip(alarm);
    const confirms = swinger ? undefined : detections.confirming(alarm, groups);
    const severity = confirms === undefined ? alarm.severity : 1;
    const incident = incidents.join({ ...alarm, severity });
    // What may be absent stands last: in front of the alarm it made each take 80 µs (ADR 0021).
    const judgement: AlarmRaised = {
      ...alarm,
      severity,
      ...(incident === undefined ? {} : { incident }),
      ...(swinger ? { swinger } : {}),
      ...(confirms === undefined ? {} : { confirms, verification: alarm.verification ?? 'sequential' }),
    };
    detections.note(judgement);
    return judgement;
  };

  return {
    of: (alarm, { campus: { practice } }) => {
      try {
        return judged(alarm, groupsOf(practice?.crossZones));
      } catch (error) {
        log.error('alarm not judged', { alarm: alarm.id, error });
        return alarm;
      }
    },
    settled: (alarm, recorded) => {
      if (recorded?.entry.event.id === alarm.id) return;
      incidents.forget(alarm);
      detections.forget(alarm.id);
      swingers.forget(alarm);
    },
    armed: (event) => swingers.armed(event),
  };
}

function groupsOf(crossZones: readonly { readonly zones: readonly string[]; readonly withinSeconds: number }[] = []): readonly ZoneGroup[] {
  return crossZones.map(({ zones, withinSeconds }) => ({ zones, within: seconds(withinSeconds) }));
}

function* recent(read: JournalReader): Generator<AlarmRaised> {
  for (const { event } of read.alarms({ limit: mostRecalled }).toReversed()) if (event.kind === 'alarm.raised') yield event;
}

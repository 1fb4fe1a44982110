/** What people do about alarms: each step is checked against the life that the journal holds, and is an event of its own. */
import { type AlarmLife, assertStep, lifeOf } from '../domain/alarm-life.ts';
import type { LifeStep } from '../domain/alarm-step.ts';
import { GatewayError } from '../domain/errors.ts';
import type { AlarmRaised, DomainEvent, Seat } from '../domain/event.ts';
import type { EventId, UserId } from '../domain/ids.ts';
import type { AlarmRecord, Clock, JournalReader, Recorded } from '../domain/ports.ts';

/** Who does it, and where they sit. */
export interface Person {
  readonly user: UserId;
  readonly seat?: Seat;
}

export interface AlarmDesk {
  /**
   * Resolves after the commit. Throws NOT_FOUND, ALARM_STEP or SECOND_PERSON. A second acknowledgement keeps the first, and returns it with `repeated`;
   * every other step is refused where it was taken already.
   */
  take(alarm: EventId, step: LifeStep, person: Person): Promise<Recorded>;
}

export interface AlarmDeskParts {
  readonly read: JournalReader;
  readonly record: (event: DomainEvent) => Promise<Recorded>;
  readonly nextId: () => EventId;
  readonly clock: Clock;
  readonly twoPersonClosing: () => boolean;
}

export function openAlarmDesk({ read, record, nextId, clock, twoPersonClosing }: AlarmDeskParts): AlarmDesk {
  /** Steps of one alarm, one after the other: two people who press at once must not both find it as it was. */
  const turns = new Map<EventId, Promise<unknown>>();

  const takeNow = async (alarm: EventId, step: LifeStep, { user, seat }: Person): Promise<Recorded> => {
    const { life, raised, taken } = find(read, alarm);
    if (step.name === 'acknowledged' && taken && life.acknowledged) return { entry: taken, repeated: true };
    assertStep(life, step.name, { alarm, severity: raised.severity, by: user, twoPersons: twoPersonClosing() });
    const head = { id: nextId(), campus: raised.campus, receivedAt: clock.now(), clockTrust: 'none', alarm, by: user } as const;
    const where = seat === undefined ? {} : { seat };
    if (step.name !== 'acknowledged') return record({ kind: 'alarm.progressed', ...head, step, ...where });
    const round = life.reopened === 0 ? {} : { round: life.reopened };
    return record({ kind: 'alarm.acknowledged', ...head, ...where, ...round });
  };

  return {
    take: (alarm, step, person) => {
      const turn = (turns.get(alarm) ?? Promise.resolve()).then(() => takeNow(alarm, step, person));
      const ended = turn
        .catch(() => undefined)
        .finally(() => {
          if (turns.get(alarm) === ended) turns.delete(alarm);
        });
      turns.set(alarm, ended);
      return turn;
    },
  };
}

interface Found {
  readonly raised: AlarmRaised;
  readonly life: AlarmLife;
  /** Its newest acknowledgement. */
  readonly taken?: AlarmRecord['life'][number];
}

function find(read: JournalReader, alarm: EventId): Found {
  const record = read.alarm(alarm);
  if (record?.event.kind !== 'alarm.raised') throw new GatewayError('NOT_FOUND', `The journal holds no alarm ${alarm}.`, { context: { alarm } });
  const taken = record.life.findLast(({ event }) => event.kind === 'alarm.acknowledged');
  return { raised: record.event, life: lifeOf(record, record.life), ...(taken ? { taken } : {}) };
}

/**
 * Who waits for attention, and who has to be told when none comes. One clock per incident, that of its oldest alarm which nobody has taken on:
 * a hundred presses of one minute are one story, and would drown the people whom they call. Times are of a clock that never jumps.
 */
import { dueEscalation, type Escalation, escalationRules } from '../domain/escalation.ts';
import type { AlarmRaised } from '../domain/event.ts';
import type { EventId } from '../domain/ids.ts';
import { type Millis, millis } from '../domain/time.ts';

interface Round {
  readonly severity: AlarmRaised['severity'];
  /** Alarms that nobody has taken on, the oldest first, and since when they wait. */
  readonly waiting: Map<EventId, Millis>;
  /** The last time that somebody took one of them on: whoever does so has seen the others. */
  attendedAt: Millis;
  escalated: number;
}

export interface DueAlarm extends Escalation {
  readonly alarm: EventId;
  /** How many wait in its incident, itself included. */
  readonly waiting: number;
}

/** Alarms whose clocks are kept in one incident; those beyond it ring with these. */
const mostWaiting = 1_000;

export class Attention {
  readonly #rounds = new Map<EventId, Round>();
  readonly #incidentOf = new Map<EventId, EventId>();

  /** An alarm begins to wait: it was journalled, or reopened. `escalated`: how far it has come already. Rehearsals and what is past call nobody. */
  waits(alarm: AlarmRaised, since: Millis, escalated = 0): void {
    const { id, severity, incident = id } = alarm;
    if (alarm.drill || alarm.test || alarm.historical || escalated >= escalationRules[severity].length) return;
    const round = this.#rounds.get(incident) ?? { severity, waiting: new Map(), attendedAt: millis(Number.NEGATIVE_INFINITY), escalated: 0 };
    this.#rounds.set(incident, round);
    round.escalated = Math.max(round.escalated, escalated);
    if (round.waiting.size >= mostWaiting) return;
    round.waiting.set(id, since);
    this.#incidentOf.set(id, incident);
  }

  /** Somebody took it on. The others of its incident get their time anew. */
  attended(alarm: EventId, at: Millis): void {
    const incident = this.#incidentOf.get(alarm);
    const round = incident && this.#rounds.get(incident);
    if (!round) return;
    this.#incidentOf.delete(alarm);
    round.waiting.delete(alarm);
    round.attendedAt = at;
    round.escalated = 0;
    if (round.waiting.size === 0) this.#rounds.delete(incident);
  }

  due(now: Millis): readonly DueAlarm[] {
    return [...this.#rounds.values()].flatMap((round) => {
      const oldest = round.waiting.entries().next().value;
      if (!oldest) return [];
      const waited = millis(now - Math.max(oldest[1], round.attendedAt));
      const due = dueEscalation(round.severity, round.escalated, waited);
      return due ? [{ ...due, alarm: oldest[0], waiting: round.waiting.size }] : [];
    });
  }

  /** It was told. After the last level there is nobody left to tell: what comes later begins a round of its own. */
  told(alarm: EventId, level: number): void {
    const incident = this.#incidentOf.get(alarm);
    const round = incident && this.#rounds.get(incident);
    if (!round) return;
    round.escalated = Math.max(round.escalated, level);
    if (round.escalated < escalationRules[round.severity].length) return;
    for (const id of round.waiting.keys()) this.#incidentOf.delete(id);
    this.#rounds.delete(incident);
  }
}

/**
 * The life of one alarm, from what the journal holds of it. Pure: raised → (verifying) → acknowledged → dispatched → on scene → resolved → closed.
 * What the panel says later has no part in it: a restore never closes.
 */
import type { Severity } from './alarm.ts';
import { type AlarmCause, type AlarmState, type LifeStep, type StepName, stateWords, stepNames, stepWords } from './alarm-step.ts';
import { GatewayError } from './errors.ts';
import type { AlarmAcknowledged, AlarmEscalated, AlarmProgressed, JournalEntry } from './event.ts';
import type { EventId, UserId } from './ids.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

export type LifeEvent = AlarmAcknowledged | AlarmProgressed | AlarmEscalated;

export interface Deed {
  readonly by: UserId;
  readonly at: Instant;
}

export interface AlarmLife {
  readonly state: AlarmState;
  /** Since when nobody has taken it on: it was journalled, or reopened. Escalation counts from here. */
  readonly waitingSince: Instant;
  readonly acknowledged?: Deed;
  readonly units: readonly string[];
  readonly resolution?: Deed & { readonly cause: AlarmCause; readonly text?: string };
  readonly closed?: Deed;
  /** Times it was reopened. */
  readonly reopened: number;
  /** The highest level since it waits; 0: none. */
  readonly escalated: number;
}

/** In which states a step may be taken. */
const from: Readonly<Record<StepName, readonly AlarmState[]>> = {
  verifying: ['received'],
  acknowledged: ['received', 'verifying'],
  dispatched: ['acknowledged', 'dispatched', 'on-scene'],
  'on-scene': ['dispatched'],
  resolved: ['acknowledged', 'dispatched', 'on-scene'],
  closed: ['resolved'],
  reopened: ['resolved', 'closed'],
};

export function bornLife(waitingSince: Instant): AlarmLife {
  return { state: 'received', waitingSince, units: [], reopened: 0, escalated: 0 };
}

/** The life after one more event. One that has no place here (a journal of another build) changes nothing: what happened is still shown. */
export function lived(life: AlarmLife, event: LifeEvent): AlarmLife {
  if (event.kind === 'alarm.escalated') return { ...life, escalated: Math.max(life.escalated, event.level) };
  const deed: Deed = { by: event.by, at: event.receivedAt };
  const step: LifeStep = event.kind === 'alarm.acknowledged' ? { name: 'acknowledged' } : event.step;
  if (!from[step.name].includes(life.state)) return life;
  switch (step.name) {
    case 'verifying':
    case 'on-scene':
      return { ...life, state: step.name };
    case 'acknowledged':
      return { ...life, state: 'acknowledged', acknowledged: deed };
    case 'dispatched':
      return { ...life, state: life.state === 'on-scene' ? 'on-scene' : 'dispatched', units: [...life.units, step.unit] };
    case 'resolved': {
      const { cause, text } = step;
      return { ...life, state: 'resolved', resolution: { ...deed, cause, ...(text === undefined ? {} : { text }) } };
    }
    case 'closed':
      return { ...life, state: 'closed', closed: deed };
    case 'reopened':
      return { ...bornLife(event.receivedAt), reopened: life.reopened + 1 };
  }
}

/** `entries`: of the journal, about this alarm, in their order. */
export function lifeOf(raised: JournalEntry, entries: readonly JournalEntry[]): AlarmLife {
  let life = bornLife(raised.journalledAt);
  for (const { event } of entries) if (isOfLife(event)) life = lived(life, event);
  return life;
}

export function isOfLife(event: JournalEntry['event']): event is LifeEvent {
  return event.kind === 'alarm.acknowledged' || event.kind === 'alarm.progressed' || event.kind === 'alarm.escalated';
}

export function stepsFrom(state: AlarmState): readonly StepName[] {
  return stepNames.filter((name) => from[name].includes(state));
}

export interface Intent {
  readonly alarm: EventId;
  readonly severity: Severity;
  readonly by: UserId;
  /** An alarm of severity 1 is closed by somebody else than who resolved it. */
  readonly twoPersons: boolean;
}

/** Throws ALARM_STEP or SECOND_PERSON, both with `context.words` for people: what is expected, and what came. */
export function assertStep(life: AlarmLife, step: StepName, { alarm, severity, by, twoPersons }: Intent): void {
  if (!from[step].includes(life.state)) {
    const names = (language: keyof Words) => from[step].map((state) => stateWords[state][language]);
    const words: Words = {
      zh: `该报警当前为“${stateWords[life.state].zh}”，不能${stepWords[step].zh}：须先处于“${names('zh').join('”或“')}”。`,
      en: `The alarm is ${stateWords[life.state].en}: it cannot be ${stepWords[step].en}, which needs it to be ${names('en').join(' or ')}.`,
    };
    throw new GatewayError('ALARM_STEP', `Alarm ${alarm} is ${life.state} and cannot be ${step}: that needs ${from[step].join(' or ')}.`, {
      context: { alarm, step, state: life.state, expected: from[step], words },
    });
  }
  if (step === 'closed' && twoPersons && severity === 1 && life.resolution?.by === by) {
    const words: Words = {
      zh: '一级报警须由两人结案：处置结果由您填写，请由另一名值班人员核对后结案。',
      en: 'An alarm of severity 1 is closed by two people: you resolved it, somebody else has to check that and close it.',
    };
    throw new GatewayError('SECOND_PERSON', `Alarm ${alarm} is of severity 1 and was resolved by ${by}: it is closed by somebody else than ${by}.`, {
      context: { alarm, by, words },
    });
  }
}

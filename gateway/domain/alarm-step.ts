/** The words of an alarm's life: where it can stand, what people do about it, and why it was (alarm-panels §6). */
import type { Words } from './words.ts';

export const alarmStates = ['received', 'verifying', 'acknowledged', 'dispatched', 'on-scene', 'resolved', 'closed'] as const;
export type AlarmState = (typeof alarmStates)[number];

export const stateWords: Readonly<Record<AlarmState, Words>> = {
  received: { zh: '未确认', en: 'not acknowledged' },
  verifying: { zh: '核实中', en: 'being verified' },
  acknowledged: { zh: '已确认', en: 'acknowledged' },
  dispatched: { zh: '已派警', en: 'dispatched' },
  'on-scene': { zh: '已到场', en: 'on scene' },
  resolved: { zh: '已处置', en: 'resolved' },
  closed: { zh: '已结案', en: 'closed' },
};

/** What an alarm turned out to be. `user-error` and `equipment` are the false ones. */
export const alarmCauses = ['true', 'user-error', 'equipment', 'test', 'drill', 'weather', 'duplicate', 'unknown'] as const;
export type AlarmCause = (typeof alarmCauses)[number];

/** What somebody does about an alarm. */
export type LifeStep =
  /** Somebody looks into it: it still waits to be acknowledged. */
  | { readonly name: 'verifying' }
  | { readonly name: 'acknowledged' }
  /** Another unit may be sent after the first. */
  | { readonly name: 'dispatched'; readonly unit: string }
  | { readonly name: 'on-scene' }
  | { readonly name: 'resolved'; readonly cause: AlarmCause; readonly text?: string }
  | { readonly name: 'closed' }
  /** Back to the beginning: it waits to be acknowledged again. */
  | { readonly name: 'reopened'; readonly reason: string };

export const stepNames = [
  'verifying',
  'acknowledged',
  'dispatched',
  'on-scene',
  'resolved',
  'closed',
  'reopened',
] as const satisfies readonly LifeStep['name'][];
export type StepName = (typeof stepNames)[number];

/** Every step but the acknowledgement, which is an event of its own kind. */
export type ProgressStep = Exclude<LifeStep, { readonly name: 'acknowledged' }>;

/** As part of "it cannot be …". */
export const stepWords: Readonly<Record<StepName, Words>> = {
  verifying: { zh: '核实', en: 'verified' },
  acknowledged: { zh: '确认', en: 'acknowledged' },
  dispatched: { zh: '派警', en: 'dispatched' },
  'on-scene': { zh: '标记到场', en: 'marked as on scene' },
  resolved: { zh: '处置', en: 'resolved' },
  closed: { zh: '结案', en: 'closed' },
  reopened: { zh: '重新打开', en: 'reopened' },
};

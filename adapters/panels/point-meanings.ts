/** Inputs and sensors that do not say what they are: a name in the settings of the panel does. */
import { z } from 'zod';
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import { activity, type Sign, type SignMore, state } from './reading.ts';

export const typeText = z
  .string()
  .max(63)
  .regex(/^[a-z]+(\.[a-z0-9-]+)*$/, 'an alarm type such as panic.silent or power.ac');

/** By the name of the input: its alarm type, and whether "off" is what alarms. Inputs that are not named get their meaning from their zone's type. */
export const meaningSettings = {
  types: z.record(z.string().max(100), typeText).default({}),
  inverted: z.array(z.string().max(100)).max(1_024).default([]),
};

export interface PointMeanings {
  readonly types: Readonly<Record<string, AlarmType>>;
  readonly inverted: readonly string[];
}

export function point(name: string, on: boolean, meanings: PointMeanings, more: SignMore = {}): Sign {
  const type = Object.hasOwn(meanings.types, name) ? meanings.types[name] : undefined;
  return state(type ?? activity, on !== meanings.inverted.includes(name), name.slice(0, 63), { zone: name, ...more });
}

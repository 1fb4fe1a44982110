/** Steps in the life of an alarm: asked for by pages, told in events. */
import { alarmCauses, type LifeStep } from '../../domain/alarm-step.ts';
import { maybe, plainText, z } from './pieces.ts';

export const progressSteps = [
  z.strictObject({ name: z.literal('verifying') }),
  z.strictObject({ name: z.literal('dispatched'), unit: plainText(80) }),
  z.strictObject({ name: z.literal('on-scene') }),
  z.strictObject({ name: z.literal('resolved'), cause: z.enum(alarmCauses), text: maybe(plainText(500)) }),
  z.strictObject({ name: z.literal('closed') }),
  z.strictObject({ name: z.literal('reopened'), reason: plainText(500) }),
] as const;

export const lifeStep: z.ZodType<LifeStep> = z
  .discriminatedUnion('name', [z.strictObject({ name: z.literal('acknowledged') }), ...progressSteps])
  .openapi('AlarmStep');

/** The shape of `campus.practice`, as the API and the inventory file take it. */
import { z } from 'zod';
import type { AlarmPractice } from '../domain/campus.ts';

const zonePath = z
  .string()
  .max(127)
  .regex(/^[^/]+\/[^/]+$/, 'a zone such as gate-panel/3');

export const practiceShape = {
  twoPersonClosing: z.exactOptional(z.boolean()),
  crossZones: z.exactOptional(
    z
      .array(z.strictObject({ zones: z.array(zonePath).min(2).max(32), withinSeconds: z.number().min(1).max(3_600) }))
      .max(100)
      .readonly(),
  ),
};

export const alarmPractice: z.ZodType<AlarmPractice> = z.strictObject(practiceShape);

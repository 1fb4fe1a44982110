/** The shape of `campus.practice`, as the API and the inventory file take it. */
import { z } from 'zod';
import type { AlarmPractice } from '../domain/campus.ts';

export const practiceShape = { twoPersonClosing: z.exactOptional(z.boolean()) };

export const alarmPractice: z.ZodType<AlarmPractice> = z.strictObject(practiceShape);

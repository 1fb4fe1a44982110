/** One incident, and one panel that is told something. */
import { commandOutcomes, panelOps } from '../../domain/command.ts';
import type { CommandView, IncidentView, PanelDeskView } from '../../domain/desk-api.ts';
import { iso, maybe, words, z } from './pieces.ts';
import { alarmView, phoneCall } from './views.ts';

export const incidentView: z.ZodType<IncidentView> = z
  .object({
    id: z.string(),
    alarms: z.array(alarmView).readonly(),
    count: z.number(),
    phone: maybe(phoneCall),
    chain: z.array(z.object({ alarm: z.string(), position: z.number(), link: maybe(z.string()), intact: z.boolean() })).readonly(),
  })
  .openapi('IncidentView');

const command: z.ZodType<CommandView> = z
  .object({
    id: z.string(),
    op: z.enum(panelOps),
    partition: maybe(z.string()),
    zone: maybe(z.string()),
    mode: maybe(z.string()),
    on: maybe(z.boolean()),
    at: iso,
    expires: iso,
    by: maybe(z.string()),
    reason: z.string(),
    result: maybe(z.object({ outcome: z.enum(commandOutcomes), words, at: iso })),
  })
  .openapi('PanelCommandView');

export const panelDeskView: z.ZodType<PanelDeskView> = z
  .object({
    orders: z.array(z.enum(panelOps)).readonly(),
    session: z.enum(['unknown', 'connected', 'disconnected']),
    heardAt: maybe(iso),
    armed: z.record(z.string(), z.string()),
    zones: z.array(z.object({ id: z.string(), name: z.string(), place: maybe(z.string()), bypassed: z.boolean(), always: z.boolean() })).readonly(),
    commands: z.array(command).readonly(),
  })
  .openapi('PanelDeskView');

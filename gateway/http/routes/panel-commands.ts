/** What panels are told. Each op is a route of its own, so that access.ts says who may arm and who may only ask for the state. */
import { randomUUID } from 'node:crypto';
import { commandOutcomes, type PanelCommand, type PanelCommandResult, type PanelOp } from '../../domain/command.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { PanelId, ZoneId } from '../../domain/ids.ts';
import { after, type Instant, seconds } from '../../domain/time.ts';
import { callerOf, type Route, route } from '../route.ts';
import { panelDeskView as deskSchema } from '../schemas/desk.ts';
import { idText, nameText, words, z } from '../schemas/pieces.ts';
import { panelDeskView } from '../views/desk-view.ts';
import type { RouteParts } from './parts.ts';

const params = z.object({ id: idText<PanelId>() });
/** As the panel calls it; a level of a topic, and never more. */
const partition = z.string().regex(/^[^/+#"\\\p{Cc}]{1,63}$/u, 'a partition as the panel calls it');
const mandate = {
  /** Kept with the command. */
  reason: nameText,
  /** It is never carried out later than this after it was given. */
  seconds: z.int().min(1).max(60).default(15),
};
const inPartition = z.strictObject({ ...mandate, partition: partition.optional() }).openapi('PanelCommandInPartition');
const arming = z
  .strictObject({ ...mandate, partition: partition.optional(), mode: z.enum(['away', 'home', 'night']).default('away') })
  .openapi('PanelArming');
const sounding = z.strictObject({ ...mandate, partition: partition.optional(), on: z.boolean().default(true) }).openapi('PanelSounding');
const ofZone = z.strictObject({ ...mandate, zone: idText<ZoneId>() }).openapi('PanelCommandForZone');
const asking = z.strictObject(mandate).openapi('PanelAsking');

interface CommandReply extends Pick<PanelCommandResult, 'outcome' | 'words'> {
  readonly id: string;
}
const reply: z.ZodType<CommandReply> = z.object({ id: z.string(), outcome: z.enum(commandOutcomes), words }).openapi('PanelCommandResult');

type Stamp = { readonly id: string; readonly expires: Instant };
interface Given {
  readonly reason: string;
  readonly seconds: number;
}

export function panelCommandRoutes(parts: RouteParts): readonly Route[] {
  const { fleet, clock } = parts;
  const command = <Body extends Given>(op: PanelOp, summary: string, body: z.ZodType<Body>, made: (stamp: Stamp, body: Body) => PanelCommand) =>
    route({
      method: 'POST',
      path: `/api/v1/panels/:id/commands/${op}`,
      summary,
      params,
      body,
      reply,
      async handle(incoming) {
        const stamp = { id: randomUUID(), expires: after(clock.now(), seconds(incoming.body.seconds)) };
        const by = { user: callerOf(incoming).user.id };
        const result = await fleet.command(incoming.params.id, made(stamp, incoming.body), { by, reason: incoming.body.reason });
        return { id: stamp.id, outcome: result.outcome, words: result.words };
      },
    });
  const where = (body: { readonly partition?: string | undefined }) => (body.partition === undefined ? {} : { partition: body.partition });
  return [
    route({
      method: 'GET',
      path: '/api/v1/panels/:id/commands',
      summary: 'What this panel can be told, how it stands, and what it was told lately',
      params,
      reply: deskSchema,
      handle({ params: { id } }) {
        const panel = parts.inventory.current().panels.find((one) => one.id === id);
        if (!panel) throw new GatewayError('NOT_FOUND', `There is no panel ${id}.`);
        return panelDeskView(parts, panel);
      },
    }),
    command('arm', 'Arm; answers with what became of it, which is not "accepted" without a proof', arming, (stamp, body) => ({
      ...{ ...stamp, op: 'arm', mode: body.mode },
      ...where(body),
    })),
    command('disarm', 'Disarm', inPartition, (stamp, body) => ({ ...stamp, op: 'disarm', ...where(body) })),
    command('reset', 'Silence the siren and reset what latches', inPartition, (stamp, body) => ({ ...stamp, op: 'reset', ...where(body) })),
    command('siren', 'Sound the siren, or end it', sounding, (stamp, body) => ({ ...stamp, op: 'siren', on: body.on, ...where(body) })),
    command('bypass', 'Take a zone out of service; never one for panic or fire', ofZone, (stamp, { zone }) => ({ ...stamp, op: 'bypass', zone })),
    command('unbypass', 'Take a zone into service again', ofZone, (stamp, { zone }) => ({ ...stamp, op: 'unbypass', zone })),
    command('sync', 'Ask the panel for its whole state', asking, (stamp) => ({ ...stamp, op: 'sync' })),
  ];
}

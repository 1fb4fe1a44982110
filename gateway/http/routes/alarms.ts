/** Alarms and events, as the journal holds them. Nothing here can be deleted. */
import type { AlarmView } from '../../domain/api.ts';
import { GatewayError } from '../../domain/errors.ts';
import { eventKinds } from '../../domain/event.ts';
import { type EventId, eventId } from '../../domain/ids.ts';
import type { ChainReport } from '../../domain/ports.ts';
import { callerOf, type Route, route } from '../route.ts';
import { incidentView as incidentSchema } from '../schemas/desk.ts';
import { eventView as eventSchema } from '../schemas/events.ts';
import { z } from '../schemas/pieces.ts';
import { lifeStep } from '../schemas/steps.ts';
import { alarmPage, alarmView as alarmSchema, chainReport } from '../schemas/views.ts';
import { alarmView, eventView } from '../views/alarm-view.ts';
import { incidentView } from '../views/desk-view.ts';
import { namesOf } from '../views/names.ts';
import type { RouteParts } from './parts.ts';

const alarmParams = z.object({ id: z.string().max(64) });
const position = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const limit = z.coerce.number().int().min(1).max(200).default(50);

function personOf(incoming: Parameters<typeof callerOf>[0]) {
  const { user, session } = callerOf(incoming);
  return { user: user.id, seat: session.seat };
}

export function alarmRoutes(parts: RouteParts): readonly Route[] {
  const context = () => ({ names: namesOf(parts.inventory.current()), users: parts.inventory.users() });
  const find = (id: EventId): AlarmView => {
    const record = parts.journal.read.alarm(id);
    const view = record && alarmView(record, context());
    if (!view) throw new GatewayError('NOT_FOUND', `There is no alarm ${id}.`);
    return view;
  };
  /** One look at a time, however many ask. */
  let verifying: Promise<ChainReport> | undefined;
  return [
    route({
      method: 'GET',
      path: '/api/v1/alarms',
      summary: 'Alarms, newest first',
      query: z.object({ before: position.optional(), limit, open: z.stringbool().optional() }),
      reply: alarmPage,
      handle({ query }) {
        const records = parts.journal.read.alarms({
          limit: query.limit,
          ...(query.before === undefined ? {} : { before: query.before }),
          ...(query.open === undefined ? {} : { unacknowledged: query.open }),
        });
        const views = context();
        const alarms = records.flatMap((record) => alarmView(record, views) ?? []);
        const last = records.at(-1);
        return { alarms, ...(last && records.length === query.limit ? { next: last.position } : {}) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/alarms/:id',
      summary: 'One alarm with the proof of each hop',
      params: alarmParams,
      reply: alarmSchema,
      handle: ({ params }) => find(eventId(params.id)),
    }),
    route({
      method: 'POST',
      path: '/api/v1/alarms/:id/acknowledgement',
      summary: 'Take an alarm on; a second one keeps the first',
      params: alarmParams,
      reply: alarmSchema,
      async handle(incoming) {
        const { id } = find(eventId(incoming.params.id));
        await parts.alarms.take(eventId(id), { name: 'acknowledged' }, personOf(incoming));
        return find(eventId(id));
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/alarms/:id/steps',
      summary: 'One step in the life of an alarm; refused with ALARM_STEP or SECOND_PERSON where it may not be taken now',
      params: alarmParams,
      body: lifeStep,
      reply: alarmSchema,
      async handle(incoming) {
        const { id } = find(eventId(incoming.params.id));
        await parts.alarms.take(eventId(id), incoming.body, personOf(incoming));
        return find(eventId(id));
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/incidents/:id',
      summary: 'The alarms of the incident that this alarm belongs to, whether they have arrived, and whether they are as they were journalled',
      params: alarmParams,
      reply: incidentSchema,
      handle({ params }) {
        const view = incidentView(parts, eventId(params.id), context());
        if (!view) throw new GatewayError('NOT_FOUND', `There is no alarm ${params.id}.`);
        return view;
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/events',
      summary: 'Journal entries after a position, oldest first',
      query: z.object({ after: position.default(0), limit, kind: z.enum(eventKinds).optional() }),
      reply: z.array(eventSchema).readonly(),
      handle: ({ query: { after, limit: most, kind } }) =>
        parts.journal.read.events({ after, limit: most, ...(kind === undefined ? {} : { kinds: [kind] }) }).map(eventView),
    }),
    route({
      method: 'GET',
      path: '/api/v1/journal/chain',
      summary: 'Whether every event is as it was journalled: looks at all of them',
      reply: chainReport,
      handle() {
        verifying ??= parts.journal.verify().finally(() => {
          verifying = undefined;
        });
        return verifying;
      },
    }),
  ];
}

/** Uplinks: where events are delivered to. Secrets go in, or are made here and told once; they never come out again. */
import { type UplinkSettings, uplinkRoles } from '../../domain/campus.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { UplinkId } from '../../domain/ids.ts';
import { Secret } from '../../domain/secret.ts';
import type { UplinkExamination } from '../../domain/uplink-ports.ts';
import type { Words } from '../../domain/words.ts';
import { type Route, route } from '../route.ts';
import { idOf, idText, maybe, nameText, words, z } from '../schemas/pieces.ts';
import { shownSettings } from '../views/settings.ts';
import type { RouteParts } from './parts.ts';
import { refuseProblems, settingsToStore } from './stored-secret.ts';

const params = z.object({ id: idText<UplinkId>() });
const fields = {
  name: nameText,
  adapter: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'the name of an uplink adapter, such as mqtt or webhook'),
  settings: z.record(z.string().max(64), z.unknown()).default({}),
  /** Left out: as stored; of a new one: primary. */
  role: z.enum(uplinkRoles).exactOptional(),
  enabled: z.boolean().default(true),
  /** Left out: as stored. */
  secret: z.string().min(1).max(1_024).optional(),
};
const change = z.strictObject(fields).openapi('UplinkChange');
const creation = z.strictObject({ id: idText<UplinkId>(), ...fields }).openapi('UplinkCreation');

interface UplinkEntry extends Omit<UplinkSettings, 'secret'> {
  readonly hasSecret: boolean;
  /** What the settings name and the inventory has not. */
  readonly doubts: readonly Words[];
}
const entry: z.ZodType<UplinkEntry> = z
  .object({
    id: idOf<UplinkId>(),
    name: z.string(),
    adapter: z.string(),
    settings: z.record(z.string(), z.unknown()),
    role: maybe(z.enum(uplinkRoles)),
    enabled: z.boolean(),
    hasSecret: z.boolean(),
    doubts: z.array(words).readonly(),
  })
  .openapi('Uplink');
const examination: z.ZodType<UplinkExamination> = z
  .object({
    sentence: words,
    findings: z.array(z.object({ name: z.string(), verdict: z.enum(['well', 'warning', 'problem']), sentence: words })).readonly(),
    ladder: z.array(z.string()).readonly(),
  })
  .openapi('UplinkExamination');
const issued = z.object({ secret: z.string() }).openapi('UplinkSecret');

export function uplinkRoutes({ inventory, settingsProblems, uplinkDoubts, examineUplink }: RouteParts): readonly Route[] {
  const find = (id: UplinkId): UplinkSettings => {
    const found = inventory.current().uplinks.find((uplink) => uplink.id === id);
    if (!found) throw new GatewayError('NOT_FOUND', `There is no uplink ${id}.`);
    return found;
  };
  const entryOf = (uplink: UplinkSettings): UplinkEntry => {
    const { secret, settings, ...rest } = uplink;
    return { ...rest, settings: shownSettings(settings), hasSecret: secret !== undefined, doubts: uplinkDoubts(uplink) };
  };
  const put = (id: UplinkId, { secret, ...rest }: z.output<typeof change>, known?: UplinkSettings): UplinkEntry => {
    const settings = settingsToStore(rest, known, secret === undefined && known?.secret ? 'secret' : undefined);
    refuseProblems(settingsProblems('uplink', rest.adapter, settings));
    const kept = known ? { secret: 'keep' as const } : {};
    const { role = known?.role } = rest;
    inventory.putUplink({
      id,
      ...rest,
      ...(role === undefined ? {} : { role }),
      settings,
      ...(secret === undefined ? kept : { secret: new Secret(secret) }),
    });
    return entryOf(find(id));
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/uplinks',
      summary: 'Uplinks as they are set up',
      reply: z.array(entry).readonly(),
      handle: () => inventory.current().uplinks.map(entryOf),
    }),
    route({
      method: 'POST',
      path: '/api/v1/uplinks',
      summary: 'Add an uplink',
      body: creation,
      reply: entry,
      status: 201,
      handle({ body: { id, ...body } }) {
        if (inventory.current().uplinks.some((uplink) => uplink.id === id)) throw new GatewayError('CONFLICT', `There is an uplink ${id} already.`);
        return put(id, body);
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/uplinks/:id',
      summary: 'One uplink',
      params,
      reply: entry,
      handle: (incoming) => entryOf(find(incoming.params.id)),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/uplinks/:id',
      summary: 'Change an uplink',
      params,
      body: change,
      reply: entry,
      handle: (incoming) => put(incoming.params.id, incoming.body, find(incoming.params.id)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/uplinks/:id/examination',
      summary: 'What is wrong with an uplink, in one sentence, and the messages that tell it',
      params,
      reply: examination,
      handle: (incoming) => examineUplink(incoming.params.id, incoming.signal),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/uplinks/:id',
      summary: 'Remove an uplink',
      params,
      handle: (incoming) => inventory.removeUplink(incoming.params.id),
    }),
    route({
      method: 'POST',
      path: '/api/v1/uplinks/:id/secret',
      summary: 'A new secret, told in this answer only; the old one ends',
      params,
      reply: issued,
      handle: (incoming) => ({ secret: inventory.newUplinkSecret(incoming.params.id) }),
    }),
  ];
}

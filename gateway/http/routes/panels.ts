/** Alarm panels and their zones. The password of a panel is made by the gateway, told once, and kept as a hash. */
import type { Panel, PanelSupervision, Zone } from '../../domain/campus.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { ChannelId, PanelId, PlaceId, ZoneId } from '../../domain/ids.ts';
import { Secret } from '../../domain/secret.ts';
import { millis } from '../../domain/time.ts';
import { type Route, route } from '../route.ts';
import { idOf, idText, length, maybe, nameText, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';
import { refuseProblems } from './stored-secret.ts';

const params = z.object({ id: idText<PanelId>() });
export const zoneChange = z
  .strictObject({
    id: idText<ZoneId>(),
    name: nameText,
    place: idText<PlaceId>().optional(),
    type: z.string().max(64).optional(),
    channels: z.array(idText<ChannelId>()).max(4).default([]),
  })
  .openapi('ZoneChange');
export const dialectAndSettings = {
  dialect: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'the name of a panel dialect, such as campus'),
  /** Checked by the dialect. */
  settings: z.record(z.string(), z.unknown()).default({}),
};
/** ms. */
const supervision: z.ZodType<PanelSupervision> = z
  .strictObject({ sessionGrace: maybe(length), testEvery: maybe(length), quietAfter: maybe(length) })
  .openapi('PanelSupervision');
const fields = {
  name: nameText,
  place: idText<PlaceId>().optional(),
  ...dialectAndSettings,
  broker: idText<string>().default('embedded'),
  heartbeatEvery: z.int().min(1_000).max(86_400_000).default(60_000),
  supervision: maybe(supervision),
  zones: z.array(zoneChange).max(1_024).default([]),
  enabled: z.boolean().default(true),
  maintenance: z.boolean().default(false),
};
const change = z.strictObject(fields).openapi('PanelChange');
const creation = z.strictObject({ id: idText<PanelId>(), ...fields }).openapi('PanelCreation');

interface PanelEntry extends Omit<Panel, 'passwordSha256' | 'secret' | 'heartbeatEvery'> {
  /** ms. */
  readonly heartbeatEvery: number;
  readonly hasPassword: boolean;
  readonly hasSecret: boolean;
}
const entryFields = {
  id: idOf<PanelId>(),
  name: z.string(),
  place: maybe(idOf<PlaceId>()),
  dialect: z.string(),
  broker: z.string(),
  settings: z.record(z.string(), z.unknown()),
  heartbeatEvery: z.number(),
  supervision: maybe(supervision),
  zones: z.array(
    z
      .object({
        id: idOf<ZoneId>(),
        name: z.string(),
        place: maybe(idOf<PlaceId>()),
        type: maybe(z.string()),
        channels: z.array(idOf<ChannelId>()),
      })
      .openapi('Zone'),
  ),
  enabled: z.boolean(),
  maintenance: z.boolean(),
  hasPassword: z.boolean(),
  hasSecret: z.boolean(),
};
const entry: z.ZodType<PanelEntry> = z.object(entryFields).openapi('Panel');
/** `password` is shown here only. */
const issued: z.ZodType<{ readonly username: string; readonly password: string }> = z
  .object({ username: z.string(), password: z.string() })
  .openapi('PanelSignIn');
const created: z.ZodType<PanelEntry & { readonly username: string; readonly password: string }> = z
  .object({ ...entryFields, username: z.string(), password: z.string() })
  .openapi('PanelCreated');

export function panelRoutes({ inventory, settingsProblems }: RouteParts): readonly Route[] {
  const find = (id: PanelId): Panel => {
    const found = inventory.current().panels.find((panel) => panel.id === id);
    if (!found) throw new GatewayError('NOT_FOUND', `There is no panel ${id}.`);
    return found;
  };
  const put = (id: PanelId, { place, zones, heartbeatEvery, ...rest }: z.output<typeof change>): PanelEntry => {
    refuseProblems(settingsProblems('panel', rest.dialect, rest.settings));
    inventory.putPanel({
      id,
      ...rest,
      heartbeatEvery: millis(heartbeatEvery),
      zones: zones.map(zoneOf),
      ...(place === undefined ? {} : { place }),
    });
    return entryOf(find(id));
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/panels',
      summary: 'Panels as they are set up',
      reply: z.array(entry).readonly(),
      handle: () => inventory.current().panels.map(entryOf),
    }),
    route({
      method: 'POST',
      path: '/api/v1/panels',
      summary: 'Add a panel; its password is told in this answer only',
      body: creation,
      reply: created,
      status: 201,
      handle({ body: { id, ...body } }) {
        if (inventory.current().panels.some((panel) => panel.id === id)) throw new GatewayError('CONFLICT', `There is a panel ${id} already.`);
        put(id, body);
        const password = inventory.newPanelPassword(id);
        return { ...entryOf(find(id)), username: id, password };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/panels/:id',
      summary: 'One panel',
      params,
      reply: entry,
      handle: (incoming) => entryOf(find(incoming.params.id)),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/panels/:id',
      summary: 'Change a panel; its password stays',
      params,
      body: change,
      reply: entry,
      handle: (incoming) => put(find(incoming.params.id).id, incoming.body),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/panels/:id',
      summary: 'Remove a panel',
      params,
      handle: (incoming) => inventory.removePanel(incoming.params.id),
    }),
    route({
      method: 'POST',
      path: '/api/v1/panels/:id/password',
      summary: 'A new password, told in this answer only; the old one ends',
      params,
      reply: issued,
      handle: (incoming) => ({ username: incoming.params.id, password: inventory.newPanelPassword(incoming.params.id) }),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/panels/:id/secret',
      summary: 'The key of a panel that encrypts by itself (SIA DC-09); without one there is none any more',
      params,
      body: z.strictObject({ secret: z.string().min(1).max(1_024).optional() }).openapi('PanelSecret'),
      handle: ({ params: { id }, body: { secret } }) => inventory.setPanelSecret(id, secret === undefined ? undefined : new Secret(secret)),
    }),
  ];
}

export function zoneOf({ place, type, ...rest }: z.output<typeof zoneChange>): Zone {
  return { ...rest, ...(place === undefined ? {} : { place }), ...(type === undefined ? {} : { type }) };
}

function entryOf({ passwordSha256, secret, ...panel }: Panel): PanelEntry {
  return { ...panel, hasPassword: passwordSha256 !== undefined, hasSecret: secret !== undefined };
}

/** Cameras and the channels in front of them. Passwords go in and never come out. */
import type { Camera } from '../../domain/campus.ts';
import { GatewayError } from '../../domain/errors.ts';
import type { CameraId, ChannelId, PlaceId } from '../../domain/ids.ts';
import { Secret } from '../../domain/secret.ts';
import { type Route, route } from '../route.ts';
import { cameraEventRule } from '../schemas/camera-events.ts';
import { cameraTarget } from '../schemas/camera-target.ts';
import { fingerprint, idOf, idText, maybe, nameText, z } from '../schemas/pieces.ts';
import { withoutCredentials } from '../views/device-view.ts';
import { shownSettings } from '../views/settings.ts';
import type { RouteParts } from './parts.ts';
import { lacking, refuseProblems, settingsToStore } from './stored-secret.ts';

const params = z.object({ id: idText<CameraId>() });
const channelParams = z.object({ id: idText<ChannelId>() });

const fields = {
  name: nameText,
  place: idText<PlaceId>().optional(),
  ...cameraTarget,
  enabled: z.boolean().default(true),
  maintenance: z.boolean().default(false),
  /** Left out: as stored. Null: without credentials. */
  username: z.string().min(1).max(256).nullish(),
  password: z.string().max(1_024).optional(),
  /** SHA-256 of the certificate that an https:// camera must show. Left out: as stored. Null: none. */
  fingerprint256: fingerprint.nullish(),
  /** Which of its own events become alarms. Left out: as stored. */
  events: z.array(cameraEventRule).readonly().optional(),
};
const change = z.strictObject(fields).openapi('CameraChange');
const creation = z.strictObject({ id: idText<CameraId>(), ...fields }).openapi('CameraCreation');

interface CameraEntry extends Omit<Camera, 'credentials'> {
  readonly username?: string;
  readonly hasPassword: boolean;
}
const entry: z.ZodType<CameraEntry> = z
  .object({
    id: idOf<CameraId>(),
    name: z.string(),
    place: maybe(idOf<PlaceId>()),
    adapter: z.string(),
    address: z.string(),
    settings: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    maintenance: z.boolean(),
    username: maybe(z.string()),
    fingerprint256: maybe(z.string()),
    events: maybe(z.array(cameraEventRule).readonly()),
    hasPassword: z.boolean(),
  })
  .openapi('Camera');
const channelChange = z.strictObject({ name: nameText, camera: idText<CameraId>(), number: z.int().min(1).max(9_999) }).openapi('ChannelChange');

export function cameraRoutes(parts: RouteParts): readonly Route[] {
  const { inventory } = parts;
  const find = (id: CameraId): Camera => {
    const found = inventory.current().cameras.find((camera) => camera.id === id);
    if (!found) throw new GatewayError('NOT_FOUND', `There is no camera ${id}.`);
    return found;
  };
  const put = (
    id: CameraId,
    { place, username, password, fingerprint256, events: given, ...rest }: z.output<typeof change>,
    known?: Camera,
  ): CameraEntry => {
    const credentials = credentialsOf({ username, password }, known);
    const settings = settingsToStore(rest, known, credentials === 'keep' && known?.credentials ? 'password' : undefined);
    refuseProblems(parts.settingsProblems('camera', rest.adapter, settings));
    const events = given ?? known?.events;
    const pin = fingerprint256 === undefined ? known?.fingerprint256 : fingerprint256;
    inventory.putCamera({
      ...{ id, ...rest, settings },
      ...(place === undefined ? {} : { place }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(pin ? { fingerprint256: pin } : {}),
      ...(events ? { events } : {}),
    });
    return entryOf(find(id));
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/cameras',
      summary: 'Cameras as they are set up',
      reply: z.array(entry).readonly(),
      handle: () => inventory.current().cameras.map(entryOf),
    }),
    route({
      method: 'POST',
      path: '/api/v1/cameras',
      summary: 'Add a camera; it is given a channel',
      body: creation,
      reply: entry,
      status: 201,
      handle({ body: { id, ...body } }) {
        if (inventory.current().cameras.some((camera) => camera.id === id)) throw new GatewayError('CONFLICT', `There is a camera ${id} already.`);
        return put(id, body);
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/cameras/:id',
      summary: 'One camera',
      params,
      reply: entry,
      handle: (incoming) => entryOf(find(incoming.params.id)),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/cameras/:id',
      summary: 'Change a camera',
      params,
      body: change,
      reply: entry,
      handle: (incoming) => put(incoming.params.id, incoming.body, find(incoming.params.id)),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/cameras/:id',
      summary: 'Remove a camera and its channels',
      params,
      handle: (incoming) => inventory.removeCamera(incoming.params.id),
    }),
    route({
      method: 'PUT',
      path: '/api/v1/channels/:id',
      summary: 'Name and number of a channel, or the camera behind it',
      params: channelParams,
      body: channelChange,
      handle: (incoming) => inventory.putChannel({ id: incoming.params.id, ...incoming.body }),
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/channels/:id',
      summary: 'Remove a channel',
      params: channelParams,
      handle: (incoming) => inventory.removeChannel(incoming.params.id),
    }),
  ];
}

interface SignIn {
  readonly username?: string | null | undefined;
  readonly password?: string | undefined;
}

/** A stored password is used only with the name, and at the address, that it was stored for: else an edit could send it elsewhere. */
function credentialsOf({ username, password }: SignIn, known: Camera | undefined): Camera['credentials'] | 'keep' | undefined {
  if (username === null) return undefined;
  if (password !== undefined) {
    const name = username ?? known?.credentials?.username;
    if (name === undefined) throw lacking('username', 'a user name beside the password');
    return { username: name, password: new Secret(password) };
  }
  if (username !== undefined && username !== known?.credentials?.username) throw lacking('password', 'the password of the new user name');
  return known ? 'keep' : undefined;
}

function entryOf({ credentials, address: stored, settings, ...camera }: Camera): CameraEntry {
  return {
    ...camera,
    address: withoutCredentials(stored),
    settings: shownSettings(settings),
    hasPassword: credentials !== undefined,
    ...(credentials ? { username: credentials.username } : {}),
  };
}

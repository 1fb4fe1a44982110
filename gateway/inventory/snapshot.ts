/** Rows → the domain's Inventory: frozen, secrets unsealed into `Secret`s; one that cannot be read fails whoever asks for it, and nothing else. */
import type { Camera, Campus, Inventory, Panel, User } from '../domain/campus.ts';
import { roles, type UplinkSettings, uplinkRoles } from '../domain/campus.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import { cameraId, campusId, channelId, panelId, placeId, uplinkId, userId, zoneId } from '../domain/ids.ts';
import { Secret } from '../domain/secret.ts';
import { millis } from '../domain/time.ts';
import type { Row, Rows } from './rows.ts';
import { ruleOf } from './rules.ts';
import type { Sealer } from './seal.ts';

export interface Snapshot {
  readonly rows: Rows;
  readonly inventory: Inventory;
  /** One SECRET_UNREADABLE per secret that this box cannot read. */
  readonly unreadable: readonly GatewayError[];
}

export function snapshotOf(rows: Rows, sealer: Sealer): Snapshot {
  const unreadable: GatewayError[] = [];
  const open = (sealed: string, owner: string): Secret => {
    try {
      return new Secret(sealer.unseal(sealed, owner));
    } catch (error) {
      if (!isGatewayError(error, 'SECRET_UNREADABLE')) throw error;
      unreadable.push(error);
      return Secret.unreadable(error);
    }
  };
  const campus = rows.campus[0];
  if (!campus) throw new GatewayError('INVENTORY_UNREADABLE', 'The inventory has no campus: its file was changed by hand.');
  const inventory: Inventory = {
    campus: campusOf(campus),
    places: rows.places.map((row) => ({ ...row, id: placeId(row.id) })),
    cameras: rows.cameras.map((row) => cameraOf(row, open)),
    channels: rows.channels.map((row) => ({ ...row, id: channelId(row.id), camera: cameraId(row.camera) })),
    panels: rows.panels.map((row) => panelOf(row, rows.zones, open)),
    uplinks: rows.uplinks.map((row) => ({
      id: uplinkId(row.id),
      name: row.name,
      adapter: row.adapter,
      settings: JSON.parse(row.settings),
      ...(row.secret === null ? {} : { secret: open(row.secret, ownerOf.uplink(row.id)) }),
      ...roleOf(row.role),
      enabled: row.enabled === 1,
    })),
    rules: rows.rules.map(ruleOf),
  };
  for (const key of rows.streamKeys) open(key.password, ownerOf.streamKey(key.id));
  return { rows, inventory: frozen(inventory), unreadable };
}

function roleOf(text: string): Pick<UplinkSettings, 'role'> {
  const role = uplinkRoles.find((known) => known === text) ?? 'primary';
  return role === 'primary' ? {} : { role };
}

/** Names of the places where a secret stands: authenticated by the seal, and told to people. */
export const ownerOf = {
  camera: (id: string) => `cameras.${id}.password`,
  panel: (id: string) => `panels.${id}.secret`,
  uplink: (id: string) => `uplinks.${id}.secret`,
  streamKey: (id: string) => `streamKeys.${id}.password`,
  claim: 'claim',
} as const;

export function userOf(row: Row<'users'>): User {
  const role = roles.find((known) => known === row.role);
  if (!role) throw new GatewayError('INVENTORY_UNREADABLE', `User ${row.id} has the unknown role ${JSON.stringify(row.role)}.`);
  return { id: userId(row.id), name: row.name, role, passwordHash: row.passwordHash };
}

function campusOf({ id, practice, ...row }: Row<'campus'>): Campus {
  return { id: campusId(id), ...row, ...(practice === '{}' ? {} : { practice: JSON.parse(practice) }) };
}

function cameraOf(row: Row<'cameras'>, open: (sealed: string, owner: string) => Secret): Camera {
  return {
    id: cameraId(row.id),
    name: row.name,
    ...(row.place === null ? {} : { place: placeId(row.place) }),
    adapter: row.adapter,
    address: row.address,
    ...(row.username === null || row.password === null
      ? {}
      : { credentials: { username: row.username, password: open(row.password, ownerOf.camera(row.id)) } }),
    ...(row.fingerprint256 === null ? {} : { fingerprint256: row.fingerprint256 }),
    settings: JSON.parse(row.settings),
    ...(row.events === '[]' ? {} : { events: JSON.parse(row.events) }),
    enabled: row.enabled === 1,
    maintenance: row.maintenance === 1,
  };
}

function panelOf(row: Row<'panels'>, zones: readonly Row<'zones'>[], open: (sealed: string, owner: string) => Secret): Panel {
  return {
    id: panelId(row.id),
    name: row.name,
    ...(row.place === null ? {} : { place: placeId(row.place) }),
    dialect: row.dialect,
    broker: row.broker,
    ...(row.passwordSha256 === null ? {} : { passwordSha256: row.passwordSha256 }),
    ...(row.secret === null ? {} : { secret: open(row.secret, ownerOf.panel(row.id)) }),
    settings: JSON.parse(row.settings),
    heartbeatEvery: millis(row.heartbeatEvery),
    ...(row.supervision === '{}' ? {} : { supervision: JSON.parse(row.supervision) }),
    zones: zones
      .filter(({ panel }) => panel === row.id)
      .map((zone) => ({
        id: zoneId(zone.id),
        name: zone.name,
        ...(zone.place === null ? {} : { place: placeId(zone.place) }),
        ...(zone.type === null ? {} : { type: zone.type }),
        channels: namesIn(zone.channels).map(channelId),
      })),
    enabled: row.enabled === 1,
    maintenance: row.maintenance === 1,
  };
}

export function namesIn(json: string): string[] {
  const names: unknown = JSON.parse(json);
  return Array.isArray(names) ? names.map(String) : [];
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Secret || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const below of Object.values(value)) frozen(below);
  return value;
}

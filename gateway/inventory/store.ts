/** The inventory: read by everybody, edited by people. Each edit is one transaction, checked as a whole before it is committed. */
import { createHash, randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { Camera, Campus, Panel, Place, UplinkSettings } from '../domain/campus.ts';
import { GatewayError } from '../domain/errors.ts';
import type { CameraId, PanelId, PlaceId, UplinkId } from '../domain/ids.ts';
import type { Clock, InventoryReader, Logger } from '../domain/ports.ts';
import type { Secret } from '../domain/secret.ts';
import { openBoxKey } from './box-key.ts';
import { addDefaultChannels, type Channels, channelsOf } from './channels.ts';
import { type Claim, claimOf } from './claim.ts';
import { openInventoryDatabase, openTransientDatabase } from './database.ts';
import { Ledger } from './ledger.ts';
import { flag, putRow, type Row, removeRows, replaceCampus } from './rows.ts';
import { type Rules, rulesOf } from './rules.ts';
import { sealerOf } from './seal.ts';
import { ownerOf } from './snapshot.ts';
import { type StreamKeys, streamKeysOf } from './stream-keys.ts';
import { type Users, usersOf } from './users.ts';

export interface InventorySurroundings {
  /** The data folder; made with mode 0700 where it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `'keep'` leaves the stored one as it is, also where this box cannot read it. */
export type CameraEdit = Omit<Camera, 'credentials'> & { readonly credentials?: Camera['credentials'] | 'keep' };
export type UplinkEdit = Omit<UplinkSettings, 'secret'> & { readonly secret?: UplinkSettings['secret'] | 'keep' };

/** Edits throw INVENTORY_INVALID with `context.problems`, NOT_FOUND or CONFLICT, and then nothing is changed. */
export interface InventoryStore extends InventoryReader, Users, StreamKeys, Claim, Channels, Rules, AsyncDisposable {
  /** One SECRET_UNREADABLE per secret that this box cannot read: said at start, shown as a fault. */
  unreadable(): readonly GatewayError[];
  /** Takes over what another process (`campus-gateway inventory import`) changed, within two seconds, until aborted. */
  run(signal: AbortSignal): Promise<void>;
  putCampus(campus: Campus): void;
  putPlace(place: Place): void;
  removePlace(place: PlaceId): void;
  /** A new camera is given a channel of its own name with the next free number. */
  putCamera(camera: CameraEdit): void;
  /** With its channels. Refused while a zone still looks through one of them. */
  removeCamera(camera: CameraId): void;
  /** With its zones; the password and the secret stay: `newPanelPassword` and `setPanelSecret` alone change them. */
  putPanel(panel: Panel): void;
  removePanel(panel: PanelId): void;
  /** Made here, shown once, 32 characters of 192 random bits; only its SHA-256 is kept. */
  newPanelPassword(panel: PanelId): string;
  /** Absent: none any more. */
  setPanelSecret(panel: PanelId, secret?: Secret): void;
  putUplink(uplink: UplinkEdit): void;
  removeUplink(uplink: UplinkId): void;
  /** Made here, shown once, 43 characters of 256 random bits; kept sealed. */
  newUplinkSecret(uplink: UplinkId): string;
  /** For export and import, which work on all of it. */
  readonly ledger: Ledger;
}

/** The caller closes it. Throws INVENTORY_UNREADABLE, DATA_TOO_NEW, KEY_FILE_UNSAFE or SECRET_UNREADABLE (a key file that is none). */
export async function openInventory(around: InventorySurroundings): Promise<InventoryStore> {
  const { folder, log } = around;
  const database = openInventoryDatabase(folder, log);
  try {
    const { key, made } = openBoxKey(folder);
    const store = storeOf(new Ledger(database, sealerOf(key), log), around.clock);
    for (const error of store.unreadable()) log.error('secret cannot be read', { error });
    if (made && store.unreadable().length > 0) log.error('box key was missing and has been made anew', { folder });
    return store;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** An empty inventory that is gone with the process: for a dry run on a box that has none yet. */
export function openTransientInventory(around: Omit<InventorySurroundings, 'folder'>): InventoryStore {
  return storeOf(new Ledger(openTransientDatabase(), sealerOf(randomBytes(32)), around.log), around.clock);
}

function storeOf(ledger: Ledger, clock: Clock): InventoryStore {
  const { sealer } = ledger;
  return {
    ledger,
    current: () => ledger.snapshot.inventory,
    changes: (signal) => ledger.changes(signal),
    unreadable: () => ledger.snapshot.unreadable,
    run: (signal) => ledger.watch(clock, signal),
    ...usersOf(ledger),
    ...streamKeysOf(ledger),
    ...claimOf(ledger),
    ...channelsOf(ledger),
    ...rulesOf(ledger),

    putCampus: (campus) => ledger.edit((database) => replaceCampus(database, { ...campus, practice: JSON.stringify(campus.practice ?? {}) })),
    putPlace: ({ id, name }) => ledger.edit((database) => putRow(database, 'places', { id, name })),
    removePlace: (place) => ledger.edit((database) => gone(removeRows(database, 'places', { column: 'id', is: place }), 'place', place)),

    putCamera: (camera) =>
      ledger.edit((database, before) => {
        const { id, name, place, adapter, address, credentials, fingerprint256, settings, events = [], enabled, maintenance } = camera;
        const known = before.rows.cameras.find((row) => row.id === id);
        const signIn =
          credentials === 'keep'
            ? { username: known?.username ?? null, password: known?.password ?? null }
            : credentials
              ? { username: credentials.username, password: sealer.seal(credentials.password.reveal(), ownerOf.camera(id)) }
              : { username: null, password: null };
        putRow(database, 'cameras', {
          ...{ id, name, place: place ?? null, adapter, address, ...signIn, fingerprint256: fingerprint256 ?? null },
          ...{ settings: JSON.stringify(settings), events: JSON.stringify(events), enabled: flag(enabled), maintenance: flag(maintenance) },
        });
        addDefaultChannels(database);
      }),
    removeCamera: (camera) =>
      ledger.edit((database, before) => {
        gone(removeRows(database, 'cameras', { column: 'id', is: camera }), 'camera', camera);
        const channels = before.rows.channels.filter((row) => row.camera === camera).map(({ id }) => id);
        removeRows(database, 'channels', { column: 'camera', is: camera });
        forgetInKeys(database, before.rows.streamKeys, channels);
      }),

    putPanel: (panel) =>
      ledger.edit((database, before) => {
        const { id, name, place, dialect, broker, settings, heartbeatEvery, supervision = {}, zones, enabled, maintenance } = panel;
        const { passwordSha256 = null, secret = null } = before.rows.panels.find((row) => row.id === id) ?? {};
        putRow(database, 'panels', {
          ...{ id, name, place: place ?? null, dialect, broker, passwordSha256, secret, heartbeatEvery, settings: JSON.stringify(settings) },
          ...{ supervision: JSON.stringify(supervision), enabled: flag(enabled), maintenance: flag(maintenance) },
        });
        removeRows(database, 'zones', { column: 'panel', is: id });
        for (const zone of zones) {
          const row = { panel: id, id: zone.id, name: zone.name, place: zone.place ?? null, type: zone.type ?? null };
          putRow(database, 'zones', { ...row, channels: JSON.stringify(zone.channels) });
        }
      }),
    removePanel: (panel) =>
      ledger.edit((database) => {
        gone(removeRows(database, 'panels', { column: 'id', is: panel }), 'panel', panel);
        removeRows(database, 'zones', { column: 'panel', is: panel });
        removeRows(database, 'rules', { column: 'panel', is: panel });
      }),
    newPanelPassword: (panel) => {
      const password = randomBytes(24).toString('base64url');
      ledger.edit((database, before) => {
        const row = found(before.rows.panels, 'panel', panel);
        putRow(database, 'panels', { ...row, passwordSha256: createHash('sha256').update(password).digest('hex') });
      });
      return password;
    },
    setPanelSecret: (panel, secret) =>
      ledger.edit((database, before) => {
        const row = found(before.rows.panels, 'panel', panel);
        putRow(database, 'panels', { ...row, secret: secret === undefined ? null : sealer.seal(secret.reveal(), ownerOf.panel(panel)) });
      }),

    putUplink: (uplink) =>
      ledger.edit((database, before) => {
        const { id, name, adapter, settings, secret, role = 'primary', enabled } = uplink;
        const kept = before.rows.uplinks.find((row) => row.id === id)?.secret ?? null;
        const sealed = secret === 'keep' ? kept : secret ? sealer.seal(secret.reveal(), ownerOf.uplink(id)) : null;
        putRow(database, 'uplinks', { id, name, adapter, settings: JSON.stringify(settings), secret: sealed, role, enabled: flag(enabled) });
      }),
    removeUplink: (uplink) => ledger.edit((database) => gone(removeRows(database, 'uplinks', { column: 'id', is: uplink }), 'uplink', uplink)),
    newUplinkSecret: (uplink) => {
      const secret = randomBytes(32).toString('base64url');
      ledger.edit((database, before) => {
        const row = found(before.rows.uplinks, 'uplink', uplink);
        putRow(database, 'uplinks', { ...row, secret: sealer.seal(secret, ownerOf.uplink(uplink)) });
      });
      return secret;
    },

    [Symbol.asyncDispose]: async () => ledger.close(),
  };
}

/** A key for some channels loses those that are gone; a key for none at all would be one for nothing, so it goes too. */
function forgetInKeys(database: Database.Database, keys: readonly Row<'streamKeys'>[], lost: readonly string[]) {
  for (const key of keys) {
    if (key.channels === null) continue;
    const names: unknown = JSON.parse(key.channels);
    const left = Array.isArray(names) ? names.filter((name) => !lost.includes(String(name))) : [];
    if (left.length === 0) removeRows(database, 'streamKeys', { column: 'id', is: key.id });
    else putRow(database, 'streamKeys', { ...key, channels: JSON.stringify(left) });
  }
}

export function found<Item extends { readonly id: string }>(rows: readonly Item[], kind: string, id: string): Item {
  const row = rows.find((item) => item.id === id);
  if (!row) throw missing(kind, id);
  return row;
}

function gone(removed: number, kind: string, id: string): void {
  if (removed === 0) throw missing(kind, id);
}

function missing(kind: string, id: string): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no ${kind} ${JSON.stringify(String(id).slice(0, 80))} in the inventory.`, { context: { kind, id } });
}

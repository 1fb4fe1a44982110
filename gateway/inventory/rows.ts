/** Rows of the inventory as SQLite holds them: secrets sealed, lists and settings as JSON. */
import type Database from 'better-sqlite3';

type Flag = 0 | 1;
type CampusRow = { id: string; name: string; timeZone: string; address: string; practice: string };
type PlaceRow = { id: string; name: string };
type CameraRow = {
  id: string;
  name: string;
  place: string | null;
  adapter: string;
  address: string;
  username: string | null;
  password: string | null;
  fingerprint256: string | null;
  settings: string;
  /** JSON of rules. */
  events: string;
  enabled: Flag;
  maintenance: Flag;
};
type ChannelRow = { id: string; name: string; camera: string; number: number };
type PanelRow = {
  id: string;
  name: string;
  place: string | null;
  dialect: string;
  broker: string;
  passwordSha256: string | null;
  secret: string | null;
  settings: string;
  heartbeatEvery: number;
  /** JSON of the domain's own. */
  supervision: string;
  enabled: Flag;
  maintenance: Flag;
};
type ZoneRow = { panel: string; id: string; name: string; place: string | null; type: string | null; channels: string };
type UplinkRow = { id: string; name: string; adapter: string; settings: string; secret: string | null; role: string; enabled: Flag };
type RuleRow = {
  id: string;
  panel: string | null;
  zone: string | null;
  code: string | null;
  alarm: string | null;
  type: string | null;
  severity: number | null;
  drill: Flag;
};
/** `id` is the user name of the key; `channels` null: all. */
type StreamKeyRow = { id: string; label: string; password: string; channels: string | null; purpose: string };
type UserRow = { id: string; name: string; role: string; passwordHash: string };

export interface Rows {
  readonly campus: readonly CampusRow[];
  readonly places: readonly PlaceRow[];
  readonly cameras: readonly CameraRow[];
  readonly channels: readonly ChannelRow[];
  readonly panels: readonly PanelRow[];
  readonly zones: readonly ZoneRow[];
  readonly uplinks: readonly UplinkRow[];
  readonly rules: readonly RuleRow[];
  readonly streamKeys: readonly StreamKeyRow[];
  readonly users: readonly UserRow[];
}
export type Table = keyof Rows;
export type Row<Name extends Table> = Rows[Name][number];

/** Column names come from here alone, never from what is written: no text of others reaches the SQL. */
const columns: { readonly [Name in Table]: readonly (keyof Row<Name> & string)[] } = {
  campus: ['id', 'name', 'timeZone', 'address', 'practice'],
  places: ['id', 'name'],
  cameras: ['id', 'name', 'place', 'adapter', 'address', 'username', 'password', 'fingerprint256', 'settings', 'events', 'enabled', 'maintenance'],
  channels: ['id', 'name', 'camera', 'number'],
  panels: [
    'id',
    'name',
    'place',
    'dialect',
    'broker',
    'passwordSha256',
    'secret',
    'heartbeatEvery',
    'supervision',
    'settings',
    'enabled',
    'maintenance',
  ],
  zones: ['panel', 'id', 'name', 'place', 'type', 'channels'],
  uplinks: ['id', 'name', 'adapter', 'settings', 'secret', 'role', 'enabled'],
  rules: ['id', 'panel', 'zone', 'code', 'alarm', 'type', 'severity', 'drill'],
  streamKeys: ['id', 'label', 'password', 'channels', 'purpose'],
  users: ['id', 'name', 'role', 'passwordHash'],
};

export function readRows(database: Database.Database): Rows {
  const all = <Name extends Table>(table: Name, order = 'id') =>
    database.prepare<[], Row<Name>>(`SELECT ${columns[table].join(', ')} FROM ${table} ORDER BY ${order}`).all();
  return {
    campus: all('campus'),
    places: all('places'),
    cameras: all('cameras'),
    channels: all('channels', 'number, id'),
    panels: all('panels'),
    zones: all('zones', 'panel, id'),
    uplinks: all('uplinks'),
    rules: all('rules'),
    streamKeys: all('streamKeys'),
    users: all('users'),
  };
}

export function putRow<Name extends Table>(database: Database.Database, table: Name, row: Row<Name>): void {
  const names: readonly string[] = columns[table];
  database.prepare(`INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`).run(row);
}

/** How many rows went. */
export function removeRows(
  database: Database.Database,
  table: Table,
  where: { readonly column: 'id' | 'panel' | 'camera'; readonly is: string },
): number {
  return database.prepare(`DELETE FROM ${table} WHERE ${where.column} = ?`).run(where.is).changes;
}

export function clearTable(database: Database.Database, table: Table): void {
  database.prepare(`DELETE FROM ${table}`).run();
}

export function readMeta(database: Database.Database, name: string): string | undefined {
  return database.prepare<[string], { value: string }>('SELECT value FROM meta WHERE name = ?').get(name)?.value;
}

export function writeMeta(database: Database.Database, name: string, value: string): void {
  database.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(name, value);
}

/** Campus has one row, whatever its id. */
export function replaceCampus(database: Database.Database, row: Row<'campus'>): void {
  clearTable(database, 'campus');
  putRow(database, 'campus', row);
}

export const flag = (value: boolean): Flag => (value ? 1 : 0);

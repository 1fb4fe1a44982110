/** The inventory of a school under measurement: its panels with all their zones, and the police side. */
import mqtt from 'mqtt';
import { overtakes } from '../../gateway/domain/alarm.ts';
import { campusId, panelId, uplinkId, zoneId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { type Millis, seconds } from '../../gateway/domain/time.ts';
import { type InventoryStore, openInventory } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';

/** Contact ID codes of mixed types: panic, fire and what they overtake. A zone has one type, so that a lane has one rank. */
export const zones = [
  { id: '1', code: '120', type: 'panic.audible' },
  { id: '2', code: '130', type: 'burglary' },
  { id: '3', code: '111', type: 'fire.smoke' },
  { id: '4', code: '131', type: 'burglary.perimeter' },
  { id: '5', code: '122', type: 'panic.silent' },
  { id: '6', code: '136', type: 'burglary.outdoor' },
] as const;
export const overtaking: ReadonlySet<string> = new Set(zones.filter(({ type }) => overtakes(type)).map(({ id }) => id));

export const measuredCampus = 'measured';
export const measuredUplink = 'police';
/** Deliveries in flight at once. */
export const measuredWindow = 16;

export interface Furniture {
  readonly names: readonly string[];
  readonly url: string;
  /** File of whoever vouches for the police side. */
  readonly authority?: string;
  /** s, for an answer of the police side. */
  readonly timeout?: number;
  readonly hmacKey: string;
  readonly broker: string;
  readonly furnish: ((store: InventoryStore) => void) | undefined;
}

/** Password by panel. */
export async function furnishInventory(
  folder: string,
  { names, url, authority, timeout, hmacKey, broker, furnish }: Furniture,
): Promise<ReadonlyMap<string, string>> {
  await using store = await openInventory({ folder, clock: systemClock, log: silentLogger });
  store.putCampus({ id: campusId(measuredCampus), name: 'Measured school', timeZone: 'Asia/Shanghai', address: '' });
  store.putUplink({
    id: uplinkId(measuredUplink),
    name: 'Police',
    adapter: 'webhook',
    settings: { url, window: measuredWindow, ...(authority === undefined ? {} : { ca: authority }), ...(timeout === undefined ? {} : { timeout }) },
    secret: new Secret(hmacKey),
    enabled: true,
  });
  furnish?.(store);
  return new Map(names.map((name) => [name, putMeasuredPanel(store, name, { broker, heartbeatEvery: seconds(60) }).password]));
}

/** A panel with all zones. */
export function putMeasuredPanel(
  store: InventoryStore,
  name: string,
  session: { readonly broker: string; readonly heartbeatEvery: Millis },
): { readonly id: string; readonly password: string } {
  const id = panelId(name);
  store.putPanel({
    ...{ id, name, dialect: 'campus', settings: {}, enabled: true, maintenance: false, ...session },
    zones: zones.map((zone) => ({ id: zoneId(zone.id), name: `Zone ${zone.id}`, channels: [] })),
  });
  return { id: name, password: store.newPanelPassword(id) };
}

/**
 * As after a life of the gateway before: until its first session there, a broker keeps nothing for it, and tells the panels all the same that it has their
 * alarms.
 */
export async function holdSession(broker: string, panels: readonly string[], trust: { readonly ca?: string } = {}): Promise<void> {
  const topics = panels.flatMap((panel) => ['evt', 'state', 'hb', 'lwt', 'rsp'].map((name) => `campus/${measuredCampus}/panel/${panel}/${name}`));
  if (topics.length === 0) return;
  const client = await mqtt.connectAsync(broker, { clientId: 'campus-gateway-site', clean: false, protocolVersion: 4, ...trust });
  await client.subscribeAsync(topics, { qos: 1 });
  await client.endAsync();
}

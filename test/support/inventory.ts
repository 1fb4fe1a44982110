/** A temporary data folder with an open inventory, and a small school to put in it. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Panel } from '../../gateway/domain/campus.ts';
import { cameraId, channelId, panelId, placeId, uplinkId, zoneId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { type CameraEdit, type InventoryStore, openInventory } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';

export const surroundings = { clock: systemClock, log: silentLogger };

/** Removed when disposed. */
export async function dataFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'inventory-'));
  return { path: join(parent, 'data'), [Symbol.asyncDispose]: () => rm(parent, { recursive: true }) };
}

export function openIn(folder: string): Promise<InventoryStore> {
  return openInventory({ folder, ...surroundings });
}

export function camera(id: string, more: Partial<CameraEdit> = {}): CameraEdit {
  return {
    id: cameraId(id),
    name: `Camera ${id}`,
    adapter: 'onvif',
    address: `http://10.0.0.1/onvif/${id}`,
    credentials: { username: 'gateway', password: new Secret(`canary-camera-${id}`) },
    settings: {},
    enabled: true,
    maintenance: false,
    ...more,
  };
}

export function panel(id: string, channels: readonly string[] = [], more: Partial<Panel> = {}): Panel {
  return {
    id: panelId(id),
    name: `Panel ${id}`,
    dialect: 'campus',
    broker: 'embedded',
    settings: {},
    heartbeatEvery: seconds(60),
    zones: [{ id: zoneId('z1'), name: '门卫室', channels: channels.map(channelId) }],
    enabled: true,
    maintenance: false,
    ...more,
  };
}

/** Two cameras, a panel whose zone looks through both, a signed webhook, a stream key, an administrator. */
export function furnish(store: InventoryStore): void {
  store.putPlace({ id: placeId('gate'), name: '校门' });
  store.putCamera(camera('cam-1', { place: placeId('gate') }));
  store.putCamera(camera('cam-2'));
  store.putPanel(panel('panel-1', ['cam-1', 'cam-2']));
  store.putUplink({
    id: uplinkId('police'),
    name: '公安',
    adapter: 'webhook',
    settings: { address: 'https://police.example/alarms' },
    secret: new Secret('canary-uplink'),
    enabled: true,
  });
  store.addUser('校长', 'administrator', 'scrypt$16384$8$1$c2FsdA$aGFzaA');
}

/** All bytes of all files below a folder, as Latin-1 text. */
export async function bytesBelow(folder: string): Promise<string> {
  const names = await readdir(folder);
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return contents.join('');
}

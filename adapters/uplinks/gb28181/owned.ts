/** Whose code is it? Codes in what a platform asks, as things of the inventory. Pure. */
import type { Camera, Channel, Inventory, Panel, Zone } from '../../../gateway/domain/campus.ts';
import { zonePath } from '../../../gateway/domain/health.ts';
import type { PlatformDoor } from '../../../gateway/domain/uplink-ports.ts';
import type { Words } from '../../../gateway/domain/words.ts';
import { type GbSettings, mayShow, mayShowZone } from './settings.ts';

export type Owned =
  | { readonly kind: 'device' }
  | { readonly kind: 'channel'; readonly channel: Channel; readonly camera: Camera }
  | { readonly kind: 'zone'; readonly panel: Panel; readonly zone: Zone; readonly code: string };

/** Undefined: nothing of ours, or nothing that this platform may see. */
export function ownedBy(code: string, settings: GbSettings, inventory: Inventory): Owned | undefined {
  const { codes } = settings;
  if (code === codes.device) return { kind: 'device' };
  const channel = inventory.channels.find(({ id }) => codes.channels[id] === code);
  const camera = channel && inventory.cameras.find(({ id }) => id === channel.camera);
  if (channel && camera) return mayShow(settings, channel) ? { kind: 'channel', channel, camera } : undefined;
  return codedZones(settings, inventory).find((zone) => zone.code === code);
}

/** Zones that the platform knows, in the order of the inventory. */
export function codedZones(settings: GbSettings, { panels }: Inventory): Extract<Owned, { kind: 'zone' }>[] {
  return panels.flatMap((panel) =>
    panel.zones.flatMap((zone) => {
      const path = zonePath(panel.id, zone.id);
      const code = settings.codes.zones[path];
      return code === undefined || !mayShowZone(settings, path, zone.channels) ? [] : [{ kind: 'zone' as const, panel, zone, code }];
    }),
  );
}

/** Panels that the platform may order about as a whole: it sees a zone of each. */
export function sharedPanels(settings: GbSettings, { panels }: Inventory): readonly Panel[] {
  if (settings.share === 'all') return panels;
  return panels.filter((panel) => panel.zones.some((zone) => mayShowZone(settings, zonePath(panel.id, zone.id), zone.channels)));
}

/** In one sentence. */
const mostNamed = 20;

/** Names in `share` that nothing here has: mistyped, most likely, and then something is hidden that was not meant to be. */
export function shareDoubts(settings: GbSettings, inventory: Inventory): readonly Words[] {
  const names = unknownShares(settings, inventory);
  if (names.length === 0) return [];
  const more = names.length - mostNamed;
  const [zh, en] = more > 0 ? [` 等 ${names.length} 项`, ` and ${more} more`] : ['', ''];
  const named = names.slice(0, mostNamed);
  return [
    {
      zh: `共享名单（share）中的 ${named.join('、')}${zh} 在本机不存在：平台看不到它们。请核对名称，或先添加相应的通道或防区。`,
      en: `share names what this box does not have: ${named.join(', ')}${en}. The platform sees nothing of it: check the names, or add those channels or zones.`,
    },
  ];
}

export function unknownShares({ share }: GbSettings, { channels, panels }: Inventory): readonly string[] {
  if (share === 'all') return [];
  const known = new Set<string>([...channels.map(({ id }) => id), ...panels.flatMap(({ id, zones }) => zones.map((zone) => zonePath(id, zone.id)))]);
  return share.filter((name) => !known.has(name));
}

export function nameOf(owned: Owned, { inventory }: Pick<PlatformDoor, 'inventory'>): string {
  switch (owned.kind) {
    case 'device':
      return inventory.current().campus.name;
    case 'channel':
      return owned.channel.name;
    case 'zone':
      return owned.zone.name;
  }
}

/**
 * The catalogue of one platform, built from the inventory: what has a code and may be seen, parents before children. Pure, and made anew each time, so
 * that it cannot drift from what is true.
 */
import type { Channel, Inventory, Panel, Zone } from '../../../../gateway/domain/campus.ts';
import { zonePath } from '../../../../gateway/domain/health.ts';
import type { PlaceId } from '../../../../gateway/domain/ids.ts';
import { provinceWords } from '../../../protocols/gb-code/words.ts';
import type { GbCodes } from '../codes/code-map.ts';
import { type CatalogueNode, civilCodeOf, type Edition, groupNode, leafNode, organisationNode, regionNode, systemNode } from './node.ts';
import type { Standing } from './standing.ts';

/**
 * flat: cameras and alarm inputs below the gateway · civil: below the regions that their codes name ·
 * groups: below one business group, with a virtual organisation for each place
 */
export type TreeShape = 'flat' | 'civil' | 'groups';

export interface CatalogueSource {
  readonly inventory: Inventory;
  readonly codes: GbCodes;
  readonly shape: TreeShape;
  readonly edition: Edition;
  /** Names of regions by their code of 2 to 8 digits; without one a province has its own name, and a city its digits. */
  readonly regions: Readonly<Record<string, string>>;
  /** May this platform see it? */
  shares(channel: Channel): boolean;
  sharesZone(panel: Panel, zone: Zone): boolean;
  cameraStanding(channel: Channel): Standing;
  zoneStanding(panel: Panel, zone: Zone): Standing;
  /** What the camera says that it is. */
  modelOf(channel: Channel): string | undefined;
}

export function buildCatalogue(source: CatalogueSource): readonly CatalogueNode[] {
  const { codes, shape, inventory } = source;
  const { campus } = inventory;
  const organisations = shape === 'groups' ? organisationsOf(source) : new Map<PlaceId, string>();
  const leaves = [...cameraNodes(source, organisations), ...zoneNodes(source, organisations)];
  const system = { code: codes.device, name: campus.name, address: campus.address, model: 'gateway' };
  // A lower platform stands in its own catalogue, a recorder does not (facts §4.3).
  const own = shape !== 'flat' && codes.device.charAt(10) === '2' ? [systemNode(system)] : [];
  if (shape === 'civil') return [...regionNodes(leaves, source), ...own, ...leaves];
  if (shape === 'flat' || codes.group === undefined) return [...own, ...leaves];
  const { group } = codes;
  const used = new Set(leaves.flatMap(({ item }) => item.parentIds ?? []));
  const places = inventory.places.flatMap(({ id, name }) => {
    const code = organisations.get(id);
    return code !== undefined && used.has(code) ? [organisationNode({ code, name, group })] : [];
  });
  return [...own, groupNode({ code: group, name: campus.name, system: codes.device }), ...places, ...leaves];
}

function organisationsOf({ codes, inventory }: CatalogueSource): ReadonlyMap<PlaceId, string> {
  if (codes.group === undefined) return new Map();
  return new Map(inventory.places.flatMap(({ id }) => (codes.places[id] === undefined ? [] : [[id, codes.places[id]] as const])));
}

type Organisations = ReadonlyMap<PlaceId, string>;

function cameraNodes(source: CatalogueSource, organisations: Organisations): CatalogueNode[] {
  const { inventory, codes, edition } = source;
  const cameras = new Map(inventory.cameras.map((camera) => [camera.id, camera]));
  return inventory.channels.flatMap((channel) => {
    const code = codes.channels[channel.id];
    if (code === undefined || !source.shares(channel)) return [];
    const place = cameras.get(channel.camera)?.place;
    const model = source.modelOf(channel) ?? 'camera';
    const leaf = { code, name: channel.name, manufacturer: 'ONVIF', model, standing: source.cameraStanding(channel), streams: true };
    return [leafNode({ ...leaf, ...where(source, place, organisations) }, edition)];
  });
}

function zoneNodes(source: CatalogueSource, organisations: Organisations): CatalogueNode[] {
  const { inventory, codes, edition } = source;
  return inventory.panels.flatMap((panel) =>
    panel.zones.flatMap((zone) => {
      const code = codes.zones[zonePath(panel.id, zone.id)];
      if (code === undefined || !source.sharesZone(panel, zone)) return [];
      const leaf = {
        code,
        name: zone.name,
        manufacturer: panel.dialect,
        model: panel.name,
        standing: source.zoneStanding(panel, zone),
        streams: false,
      };
      return [leafNode({ ...leaf, ...where(source, zone.place ?? panel.place, organisations) }, edition)];
    }),
  );
}

function where({ inventory, codes, shape }: CatalogueSource, place: PlaceId | undefined, organisations: Organisations) {
  const name = inventory.places.find(({ id }) => id === place)?.name;
  const organisation = place === undefined ? undefined : organisations.get(place);
  const group = shape === 'groups' ? codes.group : undefined;
  // Without a place of its own it stands in the group itself.
  const above = organisation ?? group;
  return {
    address: [inventory.campus.address, name].filter((text) => text).join(' ') || inventory.campus.name,
    parents: above === undefined ? [codes.device] : [codes.device, above],
    group,
  };
}

/** Every region that a leaf is in, and those around it. */
function regionNodes(leaves: readonly CatalogueNode[], { codes, regions }: CatalogueSource): CatalogueNode[] {
  const civil = [codes.device, ...leaves.map(({ item }) => item.deviceId)].map(civilCodeOf);
  const all = new Set(civil.flatMap((code) => [2, 4, 6, 8].filter((length) => length <= code.length).map((length) => code.slice(0, length))));
  return [...all].sort((a, b) => a.length - b.length || a.localeCompare(b)).map((code) => regionNode(code, nameOfRegion(code, regions)));
}

function nameOfRegion(code: string, regions: Readonly<Record<string, string>>): string {
  return regions[code] ?? (code.length === 2 ? provinceWords(Number(code))?.zh : undefined) ?? code;
}

/** The catalogue as a part of an uplink: fed by the inventory and by health. */
import type { Inventory } from '../../../../gateway/domain/campus.ts';
import { zonePath } from '../../../../gateway/domain/health.ts';
import { aborted } from '../../../../gateway/runtime/shutdown.ts';
import type { PlatformLink } from '../link.ts';
import { mayShow, mayShowZone, transportOf } from '../settings.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { Catalogue, mostItems } from './catalogue.ts';
import type { CatalogueNode } from './node.ts';
import { standingOfCamera, standingOfZone } from './standing.ts';
import { buildCatalogue } from './tree.ts';

export function openCatalogue(link: PlatformLink, subscriptions: () => Subscriptions): Catalogue {
  const { uplink, settings } = link;
  const { clock, log, door } = link.context;
  const { codes, platform } = settings;
  return new Catalogue({
    ...{ voice: link, device: codes.device, clock, log },
    subscriptions: { has: (kind) => subscriptions().has(kind), notify: (notice, signal) => subscriptions().notify(notice, signal) },
    nodes: () => nodesOf(link),
    most: mostItems[transportOf(settings)],
    memory: {
      platform: `${codes.device} at ${platform.code}, ${platform.address}`,
      remembered: () => door.remembered(uplink),
      remember: (facts) => door.remember(uplink, facts),
    },
  });
}

/** Rings whenever something may have changed, until aborted. */
export async function watchForCatalogue({ context: { door } }: PlatformLink, { bell }: Catalogue, signal: AbortSignal): Promise<void> {
  await Promise.all([ringFor(door.inventory.changes(signal), bell), ringFor(door.health.changes(signal), bell), aborted(signal)]);
}

async function ringFor(changes: AsyncIterable<unknown>, bell: () => void): Promise<void> {
  for await (const _changed of changes) bell();
}

function nodesOf({ settings, context: { door } }: PlatformLink): readonly CatalogueNode[] {
  const { codes, catalogue, version } = settings;
  const inventory: Inventory = door.inventory.current();
  return buildCatalogue({
    ...{ inventory, codes, shape: catalogue.tree, regions: catalogue.regions, edition: version },
    shares: (channel) => mayShow(settings, channel),
    sharesZone: (panel, zone) => mayShowZone(settings, zonePath(panel.id, zone.id), zone.channels),
    cameraStanding: ({ camera }) => standingOfCamera(door.health.device(camera)),
    zoneStanding: (panel, zone) => standingOfZone(door.health.device(panel.id), door.panelStatus(panel.id), zone.id),
    modelOf: ({ camera }) => door.cameraStatus(camera)?.model,
  });
}

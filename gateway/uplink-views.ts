/** How the pages see the uplinks: their health, what they are owed and what they last took. */
import type { UplinkView } from './domain/api.ts';
import type { Backlog } from './domain/delivery.ts';
import type { DeviceHealth, LinkStatus } from './domain/health.ts';
import type { UplinkId } from './domain/ids.ts';
import type { InventoryReader } from './domain/ports.ts';
import { type Instant, isoOf, type Millis } from './domain/time.ts';

export interface UplinkViewParts {
  readonly inventory: InventoryReader;
  readonly uplinks: {
    lastAnswer(uplink: UplinkId): { readonly at: Instant; readonly took: Millis } | undefined;
    link(uplink: UplinkId): LinkStatus | undefined;
    standsInFor(uplink: UplinkId): readonly UplinkId[];
  };
  readonly health: { device(id: string): DeviceHealth | undefined };
  backlog(uplink: UplinkId): Backlog;
}

export function uplinkViewsOf({ inventory, uplinks, health, backlog }: UplinkViewParts): () => readonly UplinkView[] {
  return () =>
    inventory.current().uplinks.map(({ id, name, adapter, role, enabled }, _index, all) => {
      const { pending, refused } = backlog(id);
      const last = uplinks.lastAnswer(id);
      const link = uplinks.link(id);
      const standsInFor = uplinks.standsInFor(id).map((primary) => all.find((one) => one.id === primary)?.name ?? primary);
      return {
        ...{ id, name, adapter, pending, refused },
        state: health.device(id)?.state ?? (enabled ? 'unknown' : 'disabled'),
        ...(link ? { link: { ...link, since: isoOf(link.since) } } : {}),
        ...(role === undefined ? {} : { role }),
        ...(standsInFor.length > 0 ? { standsInFor } : {}),
        ...(last ? { acceptedAt: isoOf(last.at), latency: last.took } : {}),
      };
    });
}

/** Names of things by id, from the inventory as it is now; an id whose thing is gone stands for itself. */
import type { Inventory } from '../../domain/campus.ts';
import { zonePath } from '../../domain/health.ts';

export interface Names {
  subject(id: string): string;
  place(id: string | undefined): string | undefined;
}

export function namesOf({ cameras, panels, uplinks, places }: Inventory): Names {
  const zones = panels.flatMap((panel) => panel.zones.map((zone) => ({ id: zonePath(panel.id, zone.id), name: `${panel.name} · ${zone.name}` })));
  const subjects = new Map<string, string>([...cameras, ...panels, ...zones, ...uplinks].map(({ id, name }) => [id, name]));
  const placeNames = new Map<string, string>(places.map(({ id, name }) => [id, name]));
  return {
    subject: (id) => subjects.get(id) ?? id,
    place: (id) => (id === undefined ? undefined : (placeNames.get(id) ?? id)),
  };
}

/** How a panel itself calls a zone: learned where that cannot be an id of ours, so that it can be told something of it. */
import type { ZoneId } from '../../gateway/domain/ids.ts';
import type { Heard, Told } from './read-dialect.ts';
import type { Reading } from './reading.ts';
import { slugOf } from './zone-of.ts';

const keyOf = (slug: string) => `label ${slug}`;

export function learnedLabel(heard: Heard, label: string): readonly Reading[] {
  const slug = slugOf(label);
  return slug === label || heard.learned(keyOf(slug)) === label ? [] : [{ kind: 'learned', key: keyOf(slug), value: label.slice(0, 200) }];
}

/** Zones are found by their id or their name (`zoneOfLabel`), so they are told by either. */
export function labelOf({ panel, learned }: Told, zone: ZoneId): string {
  const name = panel.zones.find(({ id }) => id === zone)?.name;
  return (name === undefined ? undefined : learned.get(keyOf(slugOf(name)))) ?? learned.get(keyOf(zone)) ?? zone;
}

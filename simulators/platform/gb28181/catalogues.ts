/** The catalogues of the devices: queried as a whole, kept up to date by notices. */
import type { CatalogItem } from '../../../adapters/protocols/manscdp/catalog-item.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import type { Instant } from '../../../gateway/domain/time.ts';
import type { Complaints } from './complaints.ts';
import { flawsOf } from './tree.ts';

export interface GbCatalogue {
  readonly items: readonly CatalogItem[];
  /** Of the last whole answer. */
  readonly queriedAt: Instant;
  readonly changedAt: Instant;
  readonly notices: number;
}

export class Catalogues {
  readonly #clock: Clock;
  readonly #complaints: Complaints;
  readonly #kept = new Map<string, GbCatalogue>();

  constructor(clock: Clock, complaints: Complaints) {
    this.#clock = clock;
    this.#complaints = complaints;
  }

  of(device: string): GbCatalogue | undefined {
    return this.#kept.get(device);
  }

  replace(device: string, items: readonly CatalogItem[]): void {
    for (const { rule, sentence } of flawsOf(device, items)) this.#complaints.add(device, `catalogue-${rule}`, sentence);
    const now = this.#clock.now();
    this.#kept.set(device, { items, queriedAt: now, changedAt: now, notices: this.#kept.get(device)?.notices ?? 0 });
  }

  /** ADD and UPDATE come with the whole item, everything else with a code that is known. */
  notice(device: string, changes: readonly CatalogItem[]): void {
    const before = this.#kept.get(device);
    // A notice while the first query runs: its answer has it too.
    if (!before) return;
    const items = new Map(before.items.map((item) => [item.deviceId, item]));
    for (const { event, ...item } of changes) {
      const known = items.get(item.deviceId);
      if (event === 'DEL') items.delete(item.deviceId);
      else if (event === 'ADD' || event === 'UPDATE') items.set(item.deviceId, { ...known, ...item });
      else if (!known) this.#complaints.add(device, 'notice-code', `${event ?? 'Nothing'} of ${item.deviceId}, which is not in the catalogue.`);
      else if (event === undefined) items.set(item.deviceId, { ...known, ...item });
      else items.set(item.deviceId, { ...known, status: event === 'ON' ? 'ON' : 'OFF' });
      if (event === 'ADD' && known && known.name !== item.name) {
        this.#complaints.add(device, 'notice-code', `ADD of ${item.deviceId}, which is in the catalogue under another name.`);
      }
    }
    this.#kept.set(device, { ...before, items: [...items.values()], changedAt: this.#clock.now(), notices: before.notices + 1 });
  }

  forget(): void {
    this.#kept.clear();
  }
}

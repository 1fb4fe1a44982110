/** Which alarm has reached nobody who must have it: then the school must phone (reliability-security.md §0.14). */
import type { UplinkSettings } from '../domain/campus.ts';
import type { Backlog, UndeliveredAlarm } from '../domain/delivery.ts';
import type { UplinkId } from '../domain/ids.ts';
import type { AlarmRecord, Clock, InventoryReader } from '../domain/ports.ts';
import { between, type Instant, type Millis, seconds } from '../domain/time.ts';

const phoneAfter: Millis = seconds(15);

export interface UndeliveredParts {
  readonly inventory: Pick<InventoryReader, 'current'>;
  readonly clock: Pick<Clock, 'now'>;
  backlog(uplink: UplinkId): Backlog;
}

/**
 * The oldest alarm that an uplink which must have it has been owed for 15 s (the journal tells since when by the clock as it now stands). Drills and tests are none; a copy proves nothing; what a backup took
 * is no longer owed to its primary.
 */
export function undelivered({ inventory, clock, backlog }: UndeliveredParts): UndeliveredAlarm | undefined {
  const now = clock.now();
  return mustHave(inventory.current().uplinks)
    .flatMap(({ id }) => backlog(id).oldestAlarm ?? [])
    .filter(({ journalledAt }) => between(journalledAt, now) >= phoneAfter)
    .toSorted((one, other) => one.journalledAt - other.journalledAt)[0];
}

/** The same of one alarm. `since`: when it was journalled, by the clock as it now stands. */
export function isUndelivered({ event, deliveries }: AlarmRecord, since: Instant, { inventory, clock }: Omit<UndeliveredParts, 'backlog'>): boolean {
  if (event.kind !== 'alarm.raised' || event.drill || event.test || between(since, clock.now()) < phoneAfter) return false;
  const must = mustHave(inventory.current().uplinks);
  return deliveries.some(({ uplink, state }) => state !== 'accepted' && must.some(({ id }) => id === uplink));
}

/** The primaries. Where there is none, backups are all that the school has. */
export function mustHave(uplinks: readonly UplinkSettings[]): readonly UplinkSettings[] {
  const enabled = uplinks.filter((uplink) => uplink.enabled);
  const primaries = enabled.filter(({ role = 'primary' }) => role === 'primary');
  return primaries.length > 0 ? primaries : enabled.filter(({ role }) => role === 'backup');
}

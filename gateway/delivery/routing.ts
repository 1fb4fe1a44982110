/** Who is owed an event. */
import type { DomainEvent, EventKind } from '../domain/event.ts';
import type { UplinkId } from '../domain/ids.ts';

export interface Recipient {
  readonly id: UplinkId;
  readonly accepts: ReadonlySet<EventKind>;
  readonly enabled: boolean;
  /** Told only what it stands in for. */
  readonly standsBy?: boolean;
}

/** A disabled uplink is owed nothing: what happens meanwhile is not sent to it later. One that is down is owed everything. */
export function recipients(event: DomainEvent, uplinks: Iterable<Recipient>): readonly UplinkId[] {
  return [...uplinks].filter((uplink) => uplink.enabled && !uplink.standsBy && uplink.accepts.has(event.kind)).map((uplink) => uplink.id);
}

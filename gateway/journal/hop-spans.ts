/** How long each hop of an event took, for the metrics. Pure. */
import type { Hop, Receipt } from '../domain/delivery.ts';
import type { JournalEntry } from '../domain/event.ts';
import type { UplinkId } from '../domain/ids.ts';
import { between, type Instant, type Millis } from '../domain/time.ts';

export interface HopSpan {
  /** received: since the press, where the device's clock is to be believed · journalled: since it was received · all others: since the COMMIT. */
  readonly hop: Exclude<Hop, 'pressed'>;
  readonly took: Millis;
  readonly uplink?: UplinkId;
}

const ofUplinks: ReadonlySet<Hop> = new Set(['sent', 'answered', 'confirmed', 'accepted']);

export function spanOf({ hop, at, by }: Receipt, journalledAt: Instant): readonly HopSpan[] {
  if (hop === 'pressed') return [];
  return [{ hop, took: between(journalledAt, at), ...(by !== undefined && ofUplinks.has(hop) ? { uplink: by as UplinkId } : {}) }];
}

/** What was pressed while the device could not reach us says nothing of how fast we are. */
export function arrivalSpans({ event, journalledAt }: JournalEntry): readonly HopSpan[] {
  const { occurredAt, receivedAt, clockTrust } = event;
  const fresh = clockTrust === 'ok' && occurredAt !== undefined && !('historical' in event && event.historical);
  return [
    ...(fresh ? [{ hop: 'received', took: between(occurredAt, receivedAt) } as const] : []),
    { hop: 'journalled', took: between(receivedAt, journalledAt) },
  ];
}

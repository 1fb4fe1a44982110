/** The port of what is owed: deliveries that wait for their far side, in the journal's file. */
import type { Delivery, Receipt } from './delivery.ts';
import type { EventKind } from './event.ts';
import type { UplinkId } from './ids.ts';
import type { Instant } from './time.ts';

export interface StandInOrder {
  readonly backup: UplinkId;
  readonly primary: UplinkId;
  readonly kinds: ReadonlySet<EventKind>;
  readonly after: number;
}

/** Deliveries not yet acknowledged. */
export interface Outbox {
  /** Up to `limit` deliveries that may leave now: best rank first, journal order within a lane, none that is already claimed. */
  claim(uplink: UplinkId, limit: number, now: Instant): readonly Delivery[];
  /** Resolves after the commit. */
  acknowledge(delivery: Delivery, receipts: readonly Receipt[]): Promise<void>;
  /** No answer: try again at `until`. */
  postpone(delivery: Delivery, reason: string, until: Instant, receipts?: readonly Receipt[]): Promise<void>;
  /** The far side said no: out of the line, tried again on its own slow clock. */
  refuse(delivery: Delivery, reason: string, until: Instant, receipts?: readonly Receipt[]): Promise<void>;
  /** When the next delivery of this uplink becomes due; undefined: nothing is owed. */
  nextDue(uplink: UplinkId): Instant | undefined;
  /** … of those that were not refused. */
  nextInLine(uplink: UplinkId): Instant | undefined;
  /**
   * Owes to a backup what a primary is owed after a place in the journal, of the kinds that it takes. Resolves after the commit with how far that
   * came. What one of the two takes is then owed to neither.
   */
  standIn(order: StandInOrder): Promise<{ readonly through: number; readonly more: boolean }>;
  /** The backup is owed nothing for a primary any more; false: there was nothing left. */
  withdraw(backup: UplinkId): Promise<boolean>;
  /** Resolves when something new is owed to this uplink. */
  arrival(uplink: UplinkId, signal: AbortSignal): Promise<void>;
}

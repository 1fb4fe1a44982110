/** What the main thread asks of the journal's thread: plain, cloneable values, each idempotent, so that a batch may be asked twice. */
import { overtakes } from '../domain/alarm.ts';
import type { DomainEvent } from '../domain/event.ts';
import type { EventId } from '../domain/ids.ts';
import { hours, type Instant } from '../domain/time.ts';

/** That somebody looks at evidence again within it is not told again. */
const toldEvery = hours(1);

export interface ReceiptRow {
  readonly hop: string;
  readonly at: number;
  /** Empty for the gateway's own hops. */
  readonly by: string;
  readonly proof: string | null;
}

/** The columns of an event that questions are asked by; `body` is the event as JSON, byte for byte what will be delivered. */
export interface EventRow {
  readonly id: string;
  readonly dedupe: string;
  readonly kind: DomainEvent['kind'];
  /** Absent for the life of an alarm: the lane of that alarm. */
  readonly lane: string | null;
  readonly rank: number;
  readonly panel: string | null;
  readonly zone: string | null;
  readonly type: string | null;
  readonly boot: string | null;
  readonly seq: number | null;
  /** The event that this one is about: the alarm that somebody did something about, the fault cleared. */
  readonly about: string | null;
  readonly fault: string | null;
  readonly subject: string | null;
  /** Which evidence, and whether its file is there from now on. */
  readonly evidence: { readonly id: string; readonly stands: boolean } | null;
  /** Who acknowledged. */
  readonly by: string | null;
  /** An alarm that waits to be acknowledged. */
  readonly opens: boolean;
  /** The alarm that this is about waits to be acknowledged again. */
  readonly reopens: boolean;
  readonly occurredAt: number | null;
  readonly receivedAt: number;
  readonly body: string;
}

export type Operation =
  | { readonly kind: 'record'; readonly event: EventRow; readonly uplinks: readonly string[] }
  | { readonly kind: 'receipt'; readonly event: string; readonly receipt: ReceiptRow }
  | { readonly kind: 'accept'; readonly uplink: string; readonly position: number; readonly receipts: readonly ReceiptRow[] }
  | {
      readonly kind: 'postpone' | 'refuse';
      readonly uplink: string;
      readonly position: number;
      /** Tries so far, this one included. */
      readonly attempts: number;
      readonly refusals: number;
      readonly reason: string;
      readonly until: number;
      readonly receipts: readonly ReceiptRow[];
    }

  /** A backup is owed what a primary is, at these places; or is no longer. */
  | { readonly kind: 'stand-in'; readonly uplink: string; readonly primary: string; readonly positions: readonly number[] }
  | { readonly kind: 'withdraw'; readonly uplink: string; readonly positions: readonly number[] };

export type Outcome =
  | {
      readonly kind: 'recorded';
      readonly position: number;
      readonly journalledAt: number /** Of the first event, where this was a repeat. */;
      readonly first: string | null;
    }
  /** `first`: the hops, of those that were told with it, that had no receipt before. */
  | { readonly kind: 'done'; readonly first?: readonly string[] }
  /** Of a receipt. `first`: this hop had none before. */
  | { readonly kind: 'kept'; readonly journalledAt: number; readonly first: boolean }
  | { readonly kind: 'unknown-event' }
  | { readonly kind: 'rejected'; readonly message: string };

export type ToWorker = { readonly kind: 'commit'; readonly at: Instant; readonly operations: readonly Operation[] } | { readonly kind: 'close' };
export type FromWorker =
  | { readonly kind: 'ready'; readonly sqlite: string; readonly position: number }
  | { readonly kind: 'committed'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'closed' };

export interface WorkerSettings {
  readonly file: string;
  readonly openedAt: Instant;
  /** The highest position that was ever promised: it must still be there. */
  readonly promised: number;
  /** Waits this long before each COMMIT: plays a slow disk. */
  readonly commitDelay: number;
  readonly synchronous: 'FULL' | 'NORMAL';
}

/** One order ends once. */
export const commandEndedKey = (ordered: EventId): string => `command ended|${ordered}`;

/** The key that is unique in the journal: the report's own, or one made from what the event is about. */
function dedupeOf(event: DomainEvent): string {
  switch (event.kind) {
    case 'alarm.raised':
    case 'alarm.restored':
    case 'arming.changed':
      return event.dedupe;
    case 'alarm.acknowledged':
      return `acknowledged|${event.alarm}${event.round === undefined ? '' : `|${event.round}`}`;
    case 'fault.cleared':
      return `cleared|${event.raised}`;
    case 'panel.gap':
      return `gap|${event.panel}|${event.boot}|${event.missingFrom}|${event.missingTo}`;
    case 'command.ended':
      return commandEndedKey(event.ordered);
    case 'alarm.progressed':
    case 'alarm.escalated':
    case 'command.ordered':
    case 'test.sent':
    case 'panel.tested':
    case 'broker.gap':
    case 'alarm.flood':
    case 'fault.raised':
    case 'camera.gap':
      return event.id;
    case 'evidence.begun':
    case 'evidence.kept':
    case 'evidence.removed':
      return `${event.kind}|${event.evidence}`;
    case 'evidence.fetched':
      return `${event.kind}|${event.evidence}|${typeof event.by === 'string' ? event.by : `uplink ${event.by.uplink}`}|${Math.floor(event.receivedAt / toldEvery)}`;
  }
}

/** Deliveries of one lane leave in journal order. The life of an alarm goes in the lane of the alarm: undefined here, looked up by the writer. */
function laneOf(event: DomainEvent): string | undefined {
  switch (event.kind) {
    case 'alarm.raised':
    case 'alarm.restored':
      return `${event.panel}/${event.zone}`;
    case 'arming.changed':
    case 'panel.gap':
    case 'command.ordered':
    case 'command.ended':
    case 'panel.tested':
    case 'alarm.flood':
      return event.panel;
    case 'test.sent':
      return 'test';
    case 'broker.gap':
      return `broker ${event.broker}`;
    case 'fault.raised':
    case 'fault.cleared':
      return event.subject;
    case 'camera.gap':
      return event.camera;
    case 'alarm.acknowledged':
    case 'alarm.progressed':
    case 'alarm.escalated':
      return undefined;
    // Not the alarm's own: what is refused there must never keep the next alarm waiting.
    case 'evidence.begun':
    case 'evidence.kept':
    case 'evidence.removed':
    case 'evidence.fetched':
      return `evidence/${event.alarm}`;
  }
}

/** 0 leaves first (panic, fire), then 1 (other alarms), then 2 (the rest). */
function rankOf(event: DomainEvent): number {
  if ('type' in event && overtakes(event.type)) return 0;
  // A test alarm proves the road of alarms: it goes among them.
  return (event.kind.startsWith('alarm.') && event.kind !== 'alarm.flood') || event.kind === 'test.sent' ? 1 : 2;
}

function evidenceOf(event: DomainEvent): EventRow['evidence'] {
  switch (event.kind) {
    case 'evidence.begun':
      return { id: event.evidence, stands: true };
    case 'evidence.kept':
      return { id: event.evidence, stands: event.file !== undefined };
    case 'evidence.removed':
      return { id: event.evidence, stands: false };
    default:
      return null;
  }
}

export function eventRow(event: DomainEvent): EventRow {
  const sequence = 'sequence' in event ? event.sequence : undefined;
  return {
    id: event.id,
    dedupe: dedupeOf(event),
    kind: event.kind,
    lane: laneOf(event) ?? null,
    rank: rankOf(event),
    panel: 'panel' in event ? event.panel : null,
    zone: 'zone' in event ? event.zone : null,
    type: 'type' in event ? event.type : null,
    boot: sequence?.boot ?? null,
    seq: sequence?.seq ?? null,
    about: 'alarm' in event ? event.alarm : event.kind === 'fault.cleared' ? event.raised : null,
    fault: 'fault' in event ? event.fault : null,
    subject: 'subject' in event ? event.subject : null,
    evidence: evidenceOf(event),
    by: event.kind === 'alarm.acknowledged' ? event.by : null,
    opens: event.kind === 'alarm.raised' && event.withheld !== true,
    reopens: event.kind === 'alarm.progressed' && event.step.name === 'reopened',
    occurredAt: event.occurredAt ?? null,
    receivedAt: event.receivedAt,
    body: JSON.stringify(event),
  };
}

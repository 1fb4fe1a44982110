/** How the police side behaves just now: well, or in one of the ways in which real platforms fail. */
import type { Clock } from '../../gateway/domain/ports.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { LedgerRow } from './ledger.ts';

/** Which events a refusal is about. Fields that are given must all match. */
export type Matching = 'all' | { readonly event?: string; readonly zone?: string };

export type Behaviour =
  | { readonly kind: 'well' }
  /** Takes the message and never answers. */
  | { readonly kind: 'silent' }
  /** HTTP 422; on MQTT 3.1.1, which has no words for it, the connection is closed. */
  | { readonly kind: 'refuse'; readonly events: Matching }
  /** Answers well, but late. */
  | { readonly kind: 'slow'; readonly by: Millis }
  /** HTTP 503; on MQTT the connection is closed. */
  | { readonly kind: 'error' };

export type Answer = LedgerRow['answer'];

export function answerTo(behaviour: Behaviour, eventId: string, body: string): Answer {
  switch (behaviour.kind) {
    case 'well':
    case 'slow':
      return 'accepted';
    case 'silent':
      return 'none';
    case 'error':
      return 'error';
    case 'refuse':
      return matches(behaviour.events, eventId, body) ? 'refused' : 'accepted';
  }
}

function matches(events: Matching, eventId: string, body: string): boolean {
  if (events === 'all') return true;
  if (events.event !== undefined && events.event !== eventId) return false;
  return events.zone === undefined || eventOf(body)?.zone === events.zone;
}

/** The event inside a delivery body; undefined where the body is something else. */
export function eventOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('event' in parsed)) return undefined;
    return typeof parsed.event === 'object' && parsed.event !== null ? { ...parsed.event } : undefined;
  } catch {
    return undefined; // Not JSON: it stands in the ledger as it came, and names no event.
  }
}

/** What both receivers are given. */
export interface Desk {
  readonly clock: Clock;
  behaviour(): Behaviour;
  /** A delivery is on its way in: its first bytes have come. */
  begun(eventId: string): void;
  /** Writes the row into the ledger and tells whoever watches. */
  arrived(row: LedgerRow): void;
}

/** One way in, which can be closed and opened again at the same address. */
export interface Receiver extends AsyncDisposable {
  readonly port: number;
  down(): Promise<void>;
  up(): Promise<void>;
  /** Resolves once nobody is connected: everything that was sent here has then been read. */
  deserted(): Promise<void>;
  /** Ends every exchange that a silent behaviour left hanging. */
  letGo(): void;
}

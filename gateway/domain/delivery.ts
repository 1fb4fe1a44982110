/** One event owed to one uplink, and the proof of each hop. */
import type { AlarmRaised, DomainEvent } from './event.ts';
import type { EvidenceMedium } from './evidence.ts';
import type { ChannelId, EventId, EvidenceId, UplinkId } from './ids.ts';
import type { Instant } from './time.ts';

/**
 * pressed: the device's own time · received: the bytes reached us · journalled: written, just before its COMMIT (docs/adr/0002) · sent: handed to the wire ·
 * answered: its transport has it (PUBACK of a broker, SIP 200) · confirmed: the far side itself said so (HTTP 2xx, ACK of a receiver, Response of a platform) ·
 * accepted: whichever of the two counts for this uplink · shown: a screen that somebody could see drew it · acknowledged: an operator took it on.
 */
export type Hop = 'pressed' | 'received' | 'journalled' | 'sent' | 'answered' | 'confirmed' | 'accepted' | 'shown' | 'acknowledged';

export interface Receipt {
  readonly hop: Hop;
  readonly at: Instant;
  /** Uplink id; of shown `<user>@<seat>`, the screen; user id of acknowledged; absent for the gateway's own hops. */
  readonly by?: string;
  /** What the far side said, for example `PUBACK` or `HTTP 202`. */
  readonly proof?: string;
}

export interface Delivery {
  readonly uplink: UplinkId;
  readonly event: EventId;
  /** Place of the event in the journal. */
  readonly position: number;
  readonly journalledAt: Instant;
  /** Exactly the bytes to send: every repeat of a delivery has the same body. JSON of `DeliveryBody`, UTF-8. */
  readonly body: string;
  readonly kind: DomainEvent['kind'];
  /** Deliveries of one lane leave in journal order; other lanes may overtake. `panel/zone`, or `panel`, or the subject of a fault. */
  readonly lane: string;
  /** 0 leaves first (panic, fire), then 1 (other alarms), then 2 (the rest). */
  readonly rank: number;
  /** Tries before this one. */
  readonly attempts: number;
  /** How many of them the far side refused; absent: none. Sets the slow clock of the next try. */
  readonly refusals?: number;
}

/** What leaves the box, for every uplink that speaks JSON. */
export interface DeliveryBody {
  readonly version: 1;
  readonly position: number;
  readonly journalledAt: string;
  /** SHA-256 that stands for this event and every one before it (ADR 0028). Absent in what older builds journalled. */
  readonly link?: string;
  readonly event: DomainEvent;
  /** Added by the uplink where it is set to: absent from `Delivery.body`. */
  readonly attachments?: readonly Attachment[];
}

/** A still or a clip that goes along with `alarm.raised` or `evidence.kept`. */
export interface Attachment {
  readonly evidence: EvidenceId;
  readonly medium: EvidenceMedium;
  readonly channel: ChannelId;
  /** Opens it without an account, until then. */
  readonly url?: string;
  readonly until?: string;
  /** Of the whole file, once it is there. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** The file itself. */
  readonly type?: 'image/jpeg';
  readonly base64?: string;
}

export type DeliveryState = 'pending' | 'refused' | 'accepted';

export interface DeliveryStatus {
  readonly uplink: UplinkId;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly reason?: string;
  /** The backup that took it instead: then `accepted` is its word. */
  readonly coveredBy?: UplinkId;
  readonly nextTryAt?: Instant;
}

export interface UndeliveredAlarm {
  readonly event: AlarmRaised;
  readonly journalledAt: Instant;
}

export interface Backlog {
  readonly pending: number;
  readonly refused: number;
  /** When the oldest undelivered event was journalled; absent when nothing is owed. */
  readonly oldest?: Instant;
  /** The oldest undelivered `alarm.raised` that is neither drill nor test. */
  readonly oldestAlarm?: UndeliveredAlarm;
}

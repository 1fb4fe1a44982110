/** What the gateway decided. Append-only: an event is never changed and never deleted. */
import type { AlarmType, Severity } from './alarm.ts';
import type { ProgressStep } from './alarm-step.ts';
import type { CommandOutcome, Orderer, PanelOp } from './command.ts';
import type { EscalationTarget } from './escalation.ts';
import type { EvidenceFact, EvidenceLink } from './evidence.ts';
import type { FaultCode, SubjectId } from './health.ts';
import type { CameraId, CampusId, ChannelId, EventId, PanelId, PlaceId, UserId, ZoneId } from './ids.ts';
import type { ArmMode, Location, PanelSequence, Verification } from './report.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

/** Which clock to believe: `ok` the device's, `skewed` ours (they differ by more than 60 s with no backlog), `none` ours (it gave none). */
export type ClockTrust = 'ok' | 'skewed' | 'none';

/** More than any panel says of one alarm; a snapshot of a thousand zones is not kept a thousand times. Bytes. */
export const mostEvidence = 4_096;

/** How a message came, beside what it says. */
export interface Carriage {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly duplicate: boolean;
  /** What read it: dialect, version of the normalisation table, and a digest of the panel's settings where it has any. */
  readonly mapperVersion: string;
}

/** Where an operator sits, and on which screen an alarm is shown. */
export const seats = ['console', 'wall'] as const;
export type Seat = (typeof seats)[number];

interface Decided {
  readonly id: EventId;
  readonly campus: CampusId;
  /** The device's clock. */
  readonly occurredAt?: Instant;
  /** Our clock, when the bytes came in. */
  readonly receivedAt: Instant;
  readonly clockTrust: ClockTrust;
}

interface FromZone extends Decided {
  /** The panel; of what a camera says by itself, the camera, with its kind of event and source as the zone. */
  readonly panel: PanelId;
  readonly zone: ZoneId;
  readonly zoneName: string;
  readonly place?: PlaceId;
  readonly partition?: string;
  readonly type: AlarmType;
  readonly severity: Severity;
  readonly drill: boolean;
  readonly test: boolean;
  readonly historical: boolean;
  /** Unique in the journal: a second report with the same key keeps the first event's id. */
  readonly dedupe: string;
  readonly sequence?: PanelSequence;
  readonly channels: readonly ChannelId[];
  readonly source: {
    readonly protocol: string;
    readonly code: string;
    readonly text?: string;
    /** Base64 of the message as it came, its first `mostEvidence` bytes. */
    readonly raw: string;
    /** How long it was, where that is more than was kept. */
    readonly rawBytes?: number;
    /** Ids of the site's rules that changed its type, its severity or its mark. */
    readonly rules?: readonly string[];
  } & Partial<Carriage>;
  /** Whose code it was, as the panel names the user. */
  readonly user?: string;
  /** Absent in what journals of older builds hold, and where nothing but the report speaks for it. */
  readonly verification?: Verification;
  readonly location?: Location;
  /** One of too many: stored, and not sent by itself (flood-guard.ts). */
  readonly withheld?: true;
}

export interface AlarmRaised extends FromZone {
  readonly kind: 'alarm.raised';
  /** What will be kept of it; absent: nothing. */
  readonly evidence?: readonly EvidenceLink[];
  /** The first alarm of those that it belongs to, perhaps itself (incident.ts). Absent: it stands alone, or an older build journalled it. */
  readonly incident?: EventId;
  /** The alarm of another zone that this one confirms, and is confirmed by (verification.ts). */
  readonly confirms?: EventId;
  /** Its detector has tripped too often in this arm period to be believed by itself (swingers.ts). */
  readonly swinger?: true;
}
export interface AlarmRestored extends FromZone {
  readonly kind: 'alarm.restored';
}
export interface AlarmAcknowledged extends Decided {
  readonly kind: 'alarm.acknowledged';
  readonly alarm: EventId;
  readonly by: UserId;
  /** Where they sat; absent in journals of older builds. */
  readonly seat?: Seat;
  /** How often it had been reopened; absent: never. */
  readonly round?: number;
}
/** Somebody did something else about an alarm (alarm-life.ts). */
export interface AlarmProgressed extends Decided {
  readonly kind: 'alarm.progressed';
  readonly alarm: EventId;
  readonly by: UserId;
  readonly seat?: Seat;
  readonly step: ProgressStep;
}
/** Nobody took an alarm on in time (escalation.ts). */
export interface AlarmEscalated extends Decided {
  readonly kind: 'alarm.escalated';
  /** The one that has waited longest. */
  readonly alarm: EventId;
  /** 1, 2, … */
  readonly level: number;
  readonly to: EscalationTarget;
  /** Alarms of its incident that wait, itself included. */
  readonly waiting: number;
}
/** How often a zone said what was withheld, and what it said last. */
export interface FloodedZone {
  readonly zone: ZoneId;
  readonly zoneName: string;
  readonly raised: number;
  readonly restored: number;
  readonly last: 'raised' | 'restored';
}
/** Alarms of severity 3 and 4 of one panel that were not sent one by one, since the summary before. */
export interface AlarmFlood extends Decided {
  readonly kind: 'alarm.flood';
  readonly panel: PanelId;
  readonly withheld: number;
  /** Those with the most; `withheld` counts all. */
  readonly zones: readonly FloodedZone[];
}
export interface ArmingChanged extends Decided {
  readonly kind: 'arming.changed';
  readonly panel: PanelId;
  readonly partition: string;
  readonly mode: ArmMode;
  /** It changed while nobody listened: found when the panel was heard again. */
  readonly historical?: boolean;
  /** Nothing was known of this partition before: for the journal alone, since nothing changed. */
  readonly first?: boolean;
  readonly user?: string;
  readonly dedupe: string;
  readonly sequence?: PanelSequence;
}
/** The panel→gateway leg lost messages, or may have: a `sync` was asked for. */
export interface PanelGap extends Decided {
  readonly kind: 'panel.gap';
  readonly panel: PanelId;
  readonly boot: string;
  readonly missingFrom: number;
  readonly missingTo: number;
}
/** Committed before the command leaves. */
export interface CommandOrdered extends Decided {
  readonly kind: 'command.ordered';
  readonly panel: PanelId;
  readonly command: string;
  readonly op: PanelOp;
  readonly partition?: string;
  readonly about?: ZoneId;
  readonly mode?: ArmMode;
  readonly on?: boolean;
  readonly expires: Instant;
  readonly by: Orderer;
  readonly reason: string;
}
/** What became of it. Absent: the gateway ended before it could tell, and nothing is known. */
export interface CommandEnded extends Decided {
  readonly kind: 'command.ended';
  readonly panel: PanelId;
  readonly command: string;
  readonly op: PanelOp;
  readonly ordered: EventId;
  readonly outcome: CommandOutcome;
  readonly sentence: Words;
}
/** What a camera said by itself in between may not have been heard: its restart, a lost subscription, an answer that could not be read. */
export interface CameraGap extends Decided {
  readonly kind: 'camera.gap';
  readonly camera: CameraId;
  /** Our clock; absent: since before this start of the gateway. */
  readonly from?: Instant;
  readonly to: Instant;
  readonly why: Words;
}
export interface FaultRaised extends Decided {
  readonly kind: 'fault.raised';
  readonly fault: FaultCode;
  readonly subject: SubjectId;
  readonly sentence: Words;
}
export interface FaultCleared extends Decided {
  readonly kind: 'fault.cleared';
  readonly fault: FaultCode;
  readonly subject: SubjectId;
  /** The `fault.raised` event that this ends. */
  readonly raised: EventId;
}

export type EvidenceEvent = Decided & EvidenceFact;
/** A made-up alarm, every hour, for the platforms that want it: proof that the whole road is open. It is none, and nothing shows it as one. */
export interface TestSent extends Decided {
  readonly kind: 'test.sent';
  readonly test: true;
}
/** The panel's own test (602, 603, RP) came. */
export interface PanelTested extends Decided {
  readonly kind: 'panel.tested';
  readonly panel: PanelId;
  readonly sequence?: PanelSequence;
}
/** A broker of the site held nothing for us any more: what its panels said meanwhile may be lost. Each was asked for its state. */
export interface BrokerGap extends Decided {
  readonly kind: 'broker.gap';
  readonly broker: string;
  readonly panels: number;
}

export type DomainEvent =
  | AlarmRaised
  | AlarmRestored
  | AlarmAcknowledged
  | AlarmProgressed
  | AlarmEscalated
  | AlarmFlood
  | ArmingChanged
  | PanelGap
  | CommandOrdered
  | CommandEnded
  | TestSent
  | PanelTested
  | BrokerGap
  | CameraGap
  | FaultRaised
  | FaultCleared
  | EvidenceEvent;
export type EventKind = DomainEvent['kind'];
export const eventKinds = [
  'alarm.raised',
  'alarm.restored',
  'alarm.acknowledged',
  'alarm.progressed',
  'alarm.escalated',
  'alarm.flood',
  'arming.changed',
  'panel.gap',
  'command.ordered',
  'command.ended',
  'test.sent',
  'panel.tested',
  'broker.gap',
  'camera.gap',
  'fault.raised',
  'fault.cleared',
  'evidence.begun',
  'evidence.kept',
  'evidence.removed',
  'evidence.fetched',
] as const satisfies readonly EventKind[];

/** Of use to this box alone, or not to be had without knowing what it is: unless an uplink asks for them. */
const innerKinds: readonly EventKind[] = ['evidence.begun', 'evidence.fetched', 'test.sent'];
export const toldKinds: readonly EventKind[] = eventKinds.filter((kind) => !innerKinds.includes(kind));

/** An event as the journal holds it: its place in the durable order, and when it was written there, just before its COMMIT. */
export interface JournalEntry {
  readonly position: number;
  readonly journalledAt: Instant;
  readonly event: DomainEvent;
}

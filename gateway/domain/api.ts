/**
 * What the HTTP API says, as the console and the wall read it. Paths are below `/api/v1`; errors are RFC 9457 problem+json.
 *
 *  GET    /claim                          ClaimStatus            (no session)
 *  POST   /claim                          {code, name, password} → SessionView + cookie (no session; closed for ever once used)
 *  POST   /session                        {name, password, seat?: 'console' | 'wall'} → SessionView + cookie       (no session)
 *  GET    /session · DELETE /session
 *  GET    /overview                       Overview
 *  GET    /devices · /devices/{id}        DeviceView[] · DeviceView
 *  GET    /channels                       ChannelView[]
 *  GET    /alarms?before&limit&open       AlarmPage
 *  GET    /alarms/{id}                    AlarmView
 *  POST   /alarms/{id}/acknowledgement    → AlarmView
 *  POST   /alarms/{id}/steps              LifeStep → AlarmView (alarm-step.ts)
 *  GET    /incidents/{id}                 IncidentView (desk-api.ts): of any alarm of it
 *  GET    /events?after&limit             EventView[]
 *  GET    /journal/chain                  ChainReport (ports.ts): looks at every event
 *  WS     /live?since=<event id>          LiveMessage to the page; LiveReport from it
 *  WS     /media/v1/live                  MediaAsk from the page; MediaText and pictures to it
 *  GET    /uplinks/{id}/examination       UplinkExamination (uplink-ports.ts)
 *  GET    /panels/{id}/commands           PanelDeskView (desk-api.ts)
 *  GET/POST/PUT/DELETE cameras, panels, uplinks, users, stream-keys; POST /discovery
 *  POST   /onboarding                     → CameraIntroduction (ports.ts): a look at a camera before it is entered
 */
import type { AlarmType, Severity } from './alarm.ts';
import type { AlarmCause, AlarmState, LifeStep, StepName } from './alarm-step.ts';
import type { CameraEventKind } from './camera-events.ts';
import type { Role, UplinkRole } from './campus.ts';
import type { DeliveryStatus, Receipt } from './delivery.ts';
import type { ErrorCode } from './errors.ts';
import type { EscalationTarget } from './escalation.ts';
import type { ClockTrust, DomainEvent, Seat } from './event.ts';
import type { DeviceState, SubjectKind } from './health.ts';
import type { StreamProfile, StreamPurpose, StreamTelemetry } from './media.ts';
import type { Verification } from './report.ts';
import type { Words } from './words.ts';

export interface ClaimStatus {
  readonly open: boolean;
}

export interface SessionView {
  readonly name: string;
  readonly role: Role;
  readonly campus: string;
  /** Every route that this session may use, such as `POST /api/v1/panels/:id/commands/arm`: pages offer nothing else. */
  readonly may: readonly string[];
}

export interface UplinkView {
  readonly id: string;
  readonly name: string;
  readonly adapter: string;
  /** Absent: primary. */
  readonly role?: UplinkRole;
  /** Names of the primaries that this backup stands in for just now. */
  readonly standsInFor?: readonly string[];
  readonly state: DeviceState;
  readonly pending: number;
  readonly refused: number;
  /** Where the uplink keeps a registration or the like: how it stands, and of one that is down the likely cause. */
  readonly link?: {
    readonly state: 'up' | 'down';
    readonly since: string;
    readonly sentence?: Words;
    /** The far side's clock minus ours, ms. */
    readonly clockOffset?: number;
    /** What its settings name and the box has not. */
    readonly doubts?: readonly Words[];
  };
  /** When the far side last acknowledged anything, ISO 8601. */
  readonly acceptedAt?: string;
  /** Sent → accepted of that delivery, ms. */
  readonly latency?: number;
}

export interface PhoneCall {
  readonly number: string;
  readonly read: Words;
  /** The oldest that is undelivered. */
  readonly alarm: string;
  readonly since: string;
}

export interface Overview {
  readonly campus: { readonly name: string; readonly address: string };
  /** One sentence: is all well? */
  readonly verdict: Words;
  readonly state: DeviceState;
  readonly cameras: { readonly total: number; readonly normal: number };
  readonly panels: { readonly total: number; readonly normal: number };
  readonly openAlarms: number;
  readonly openFaults: number;
  readonly uplinks: readonly UplinkView[];
  /** At most five, the gravest first. */
  readonly needsYou: readonly FaultView[];
  /** An alarm is undelivered for 15 s or more: the school must phone. */
  readonly phonePolice: boolean;
  /** Whom to phone, and what to read out. */
  readonly phone?: PhoneCall;
  readonly startedAt: string;
  readonly version: string;
}

export interface FaultView {
  readonly code: string;
  readonly title: Words;
  readonly sentence: Words;
  readonly subject: string;
  readonly subjectName: string;
  readonly since: string;
}

export interface DeviceView {
  readonly id: string;
  readonly kind: SubjectKind;
  readonly name: string;
  readonly place?: string;
  readonly state: DeviceState;
  readonly since: string;
  readonly provenAt?: string;
  readonly faults: readonly FaultView[];
  readonly model?: string;
  readonly firmware?: string;
  readonly address?: string;
  readonly streams?: readonly StreamTelemetry[];
  /** Of a camera: what it says by itself, and what of it becomes an alarm. */
  readonly events?: CameraEventsView;
}

export interface CameraEventsView {
  readonly state: 'off' | 'waiting' | 'heard' | 'lost';
  readonly since: string;
  /** When it last said anything, or told its states when it was asked. */
  readonly provenAt?: string;
  readonly why?: Words;
  /** Kinds that it says it has, or that a rule wants; of kind `other` one for each topic. */
  readonly kinds: readonly {
    readonly kind: CameraEventKind;
    readonly title: Words;
    readonly topic?: string;
    readonly offered: boolean;
    readonly wanted: boolean;
  }[];
  /** Topics that it sent and nobody can read. */
  readonly unknown: readonly string[];
}

export interface ChannelView {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly camera: string;
  readonly place?: string;
  readonly state: DeviceState;
  readonly reason?: Words;
}

export interface AlarmView {
  readonly id: string;
  readonly position: number;
  readonly type: AlarmType;
  readonly title: Words;
  readonly severity: Severity;
  readonly panel: string;
  readonly panelName: string;
  readonly zone: string;
  readonly zoneName: string;
  readonly place?: string;
  readonly channels: readonly string[];
  readonly drill: boolean;
  readonly test: boolean;
  readonly historical: boolean;
  readonly occurredAt?: string;
  readonly clockTrust: ClockTrust;
  readonly receivedAt: string;
  readonly journalledAt: string;
  readonly restoredAt?: string;
  readonly acknowledgedAt?: string;
  readonly acknowledgedBy?: string;
  /** Alarms with the same one belong together: it names the first of them. */
  readonly incident?: string;
  /** What makes it more than one detector's word; `confirms`: the alarm of the other zone. */
  readonly verification?: Verification;
  readonly confirms?: string;
  /** Its detector trips too often to be believed by itself. */
  readonly swinger?: true;
  /** One of too many: told to the uplinks as a count. */
  readonly withheld?: true;
  /** How far people have come with it. */
  readonly state: AlarmState;
  /** What may be done next. */
  readonly steps: readonly StepName[];
  /** Nobody took it on in time: the level reached; absent: none. */
  readonly escalated?: number;
  readonly resolution?: { readonly cause: AlarmCause; readonly text?: string; readonly by: string; readonly at: string };
  /** What was done about it, oldest first. */
  readonly timeline: readonly LifeView[];
  /** In the order of the hops: the ladder. A hop that is missing has not happened. */
  readonly receipts: readonly ReceiptView[];
  readonly deliveries: readonly DeliveryStatus[];
}

export interface ReceiptView extends Receipt {
  /** Name of what it went by: the panel, the uplink, whoever sat at the screen or took it on. Absent: the gateway itself. */
  readonly path?: string;
  /** Of `shown`. */
  readonly screen?: Seat;
  /** Of `pressed`: whether the device's clock is to be believed. */
  readonly trust?: ClockTrust;
}

/** One line of an alarm's timeline: what somebody did, or that nobody did in time. */
export type LifeView = { readonly at: string } & (
  | { readonly by: string; readonly seat?: Seat; readonly step: LifeStep }
  | { readonly level: number; readonly to: EscalationTarget; readonly waiting: number }
);

export interface AlarmPage {
  readonly alarms: readonly AlarmView[];
  /** Pass as `before` for the next page; absent at the end. */
  readonly next?: number;
}

export interface EventView {
  readonly position: number;
  readonly journalledAt: string;
  readonly event: DomainEvent;
}

/**
 * Live channel. `hello` first, then every journal entry after `since`, then live ones.
 * `beat` every 2 s: a page that hears nothing for 5 s must show that its values are old.
 */
export type LiveMessage =
  | { readonly kind: 'hello'; readonly position: number; readonly version: string }
  | { readonly kind: 'event'; readonly entry: EventView /** For alarm.* events: the alarm as it now stands. */; readonly alarm?: AlarmView }
  /** Receipts or deliveries of a recent alarm moved on (sent, accepted, shown …): the alarm as it now stands. */
  | { readonly kind: 'alarm'; readonly alarm: AlarmView }
  | { readonly kind: 'health'; readonly overview: Overview; readonly devices: readonly DeviceView[] }
  | { readonly kind: 'beat'; readonly at: string };

/** What an operator's page says: this alarm stood painted on a page that somebody could see. */
export interface LiveReport {
  readonly kind: 'shown';
  readonly alarm: string;
  readonly screen: Seat;
}

/**
 * Media socket, one per page. The page asks for pictures in JSON texts; every `id` is its own choice of number, and asking again under an id
 * ends what ran under it.
 */
export type MediaAsk =
  | {
      readonly kind: 'watch';
      readonly id: number;
      readonly channel: string;
      readonly profile: StreamProfile;
      /** The sound as well, where the camera has any. */
      readonly audio: boolean;
      /** What is watched for the police side counts in the uplink budget; `local` does not. */
      readonly purpose: StreamPurpose;
      /** Of an alarm cell: the last to be left out where the page cannot follow. */
      readonly urgent: boolean;
      /** What the browser decodes besides H.264; absent: everything. The rest comes transcoded, while one of the slots for that is free. */
      readonly plays?: { readonly h265: boolean };
    }
  | { readonly kind: 'leave'; readonly id: number };

/**
 * Answers in JSON. Pictures come as binary messages, in big-endian order: u8 0 init segment, 1 fragment, 2 fragment that starts with a keyframe;
 * u8 track, 0 video, 1 audio; u32 id of the watch; f64 capturedAt (epoch ms); then fMP4 bytes. Each track is an MP4 stream of its own.
 */
export type MediaText =
  /** Before the init segment of its track; another one begins the track anew, perhaps on a new time line. */
  | {
      readonly kind: 'init';
      readonly id: number;
      readonly track: 'video';
      readonly codecs: string;
      readonly width: number;
      readonly height: number;
      /** Made by the gateway from what the camera sends. */
      readonly transcoded?: true;
    }
  | { readonly kind: 'init'; readonly id: number; readonly track: 'audio'; readonly codecs: string }
  /** The watch goes on with another stream than the one that was asked for; its `init` follows. */
  | { readonly kind: 'stepped-down'; readonly id: number; readonly profile: StreamProfile; readonly reason: Words }
  /** The watch is over. `detail` is for engineers. */
  | { readonly kind: 'ended'; readonly id: number; readonly code: ErrorCode; readonly reason: Words; readonly detail: string }
  /** Every 2 s; `at`: the gateway's clock, epoch ms. */
  | { readonly kind: 'beat'; readonly at: number };
export const mediaHeaderBytes = 14;

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
 *  POST   /alarms/{id}/shown              → 204              (an operator's screen drew it)
 *  GET    /events?after&limit             EventView[]
 *  WS     /live?since=<event id>          LiveMessage, server to client
 *  WS     /media/v1/channels/{id}/live?profile=main|sub     see MediaHeader
 *  GET/POST/PUT/DELETE cameras, panels, uplinks, users, stream-keys; POST /discovery
 */
import type { AlarmType, Severity } from './alarm.ts';
import type { Role } from './campus.ts';
import type { DeliveryStatus, Receipt } from './delivery.ts';
import type { DomainEvent } from './event.ts';
import type { DeviceState, SubjectKind } from './health.ts';
import type { StreamTelemetry } from './media.ts';
import type { Words } from './words.ts';

export interface ClaimStatus {
  readonly open: boolean;
}

export interface SessionView {
  readonly name: string;
  readonly role: Role;
  readonly campus: string;
}

export interface UplinkView {
  readonly id: string;
  readonly name: string;
  readonly adapter: string;
  readonly state: DeviceState;
  readonly pending: number;
  readonly refused: number;
  /** When the far side last acknowledged anything, ISO 8601. */
  readonly acceptedAt?: string;
  /** Sent → accepted of that delivery, ms. */
  readonly latency?: number;
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
  readonly clockTrust: 'ok' | 'skewed' | 'none';
  readonly receivedAt: string;
  readonly journalledAt: string;
  readonly restoredAt?: string;
  readonly acknowledgedAt?: string;
  readonly acknowledgedBy?: string;
  readonly receipts: readonly Receipt[];
  readonly deliveries: readonly DeliveryStatus[];
}

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

/**
 * Media socket: text messages are JSON of `MediaText`; a binary message is one byte (0 init segment, 1 fragment, 2 fragment that starts with
 * a keyframe), then capturedAt as a big-endian float64 (epoch ms), then the fMP4 bytes.
 */
export type MediaText =
  | { readonly kind: 'init'; readonly codecs: string; readonly width: number; readonly height: number }
  | { readonly kind: 'ended'; readonly reason: string };
export const mediaHeaderBytes = 9;

/** What the console reads for one incident, and for one panel that is told something. The rest of the API is in api.ts. */
import type { AlarmView, PhoneCall } from './api.ts';
import type { CommandOutcome, PanelOp } from './command.ts';
import type { PanelStatus } from './health.ts';
import type { Words } from './words.ts';

export interface IncidentView {
  /** Of its first alarm. */
  readonly id: string;
  /** At most the first hundred, oldest first. */
  readonly alarms: readonly AlarmView[];
  /** Of all of them. */
  readonly count: number;
  /** One of them has reached nobody who must have it, for 15 s or more: the oldest such. */
  readonly phone?: PhoneCall;
  /** Of each alarm that is listed. */
  readonly chain: readonly ChainMark[];
}

export interface ChainMark {
  readonly alarm: string;
  readonly position: number;
  /** SHA-256 in hex that stands for the alarm and every event before it; absent in what older builds journalled. */
  readonly link?: string;
  /** The alarm and all that was done about it are as they were journalled. */
  readonly intact: boolean;
}

export interface PanelDeskView {
  /** What this panel can be told, by its dialect and its settings. */
  readonly orders: readonly PanelOp[];
  readonly session: PanelStatus['session'];
  readonly heardAt?: string;
  /** By partition, as the panel last said; empty: it has not said since the start. */
  readonly armed: Readonly<Record<string, string>>;
  readonly zones: readonly PanelZoneView[];
  /** What it was told by people and platforms, newest first; at most twenty. */
  readonly commands: readonly CommandView[];
}

export interface PanelZoneView {
  readonly id: string;
  readonly name: string;
  readonly place?: string;
  readonly bypassed: boolean;
  /** For panic or fire: it is never taken out of service. */
  readonly always: boolean;
}

export interface CommandView {
  readonly id: string;
  readonly op: PanelOp;
  readonly partition?: string;
  readonly zone?: string;
  readonly mode?: string;
  readonly on?: boolean;
  readonly at: string;
  readonly expires: string;
  /** Absent: the gateway of its own accord. */
  readonly by?: string;
  readonly reason: string;
  /** Absent: it is under way, or the gateway ended before it could tell. */
  readonly result?: { readonly outcome: CommandOutcome; readonly words: Words; readonly at: string };
}

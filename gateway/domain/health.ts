/** Fault words: findings become faults, faults become one computed state per device (architecture.md, gateway/health). */
import type { OfferedEvent } from './camera-report.ts';
import type { ErrorCode } from './errors.ts';
import type { CameraId, DeviceId, EventId, PanelId, UplinkId, ZoneId } from './ids.ts';
import type { TroubleCode } from './report.ts';
import type { Instant, Millis } from './time.ts';
import type { Words } from './words.ts';

export const faultCodes = [
  'camera-unreachable',
  'camera-credentials',
  'camera-certificate',
  'camera-reply',
  'camera-clock',
  'camera-events',
  'stream-stalled',
  'stream-flawed',
  'panel-silent',
  'panel-broker',
  'panel-trouble',
  'panel-test',
  'panel-quiet',
  'uplink-backlog',
  'uplink-refused',
  'uplink-broken',
  'uplink-link',
  'uplink-certificate',
  'uplink-proof',
  'zone-recording',
  'alarm-undelivered',
  'disk-space',
  'journal-chain',
  'own-certificate',
  'media-restarted',
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** A zone as a subject of health: `<panel>/<zone>`. Zones that no channel looks at are none. */
export type ZonePath = `${string}/${string}`;
export type SubjectId = DeviceId | ZonePath | UplinkId | 'gateway';
export type SubjectKind = 'camera' | 'panel' | 'zone' | 'uplink' | 'gateway';

export function zonePath(panel: PanelId, zone: ZoneId): ZonePath {
  return `${panel}/${zone}`;
}

/** What one probe saw. `unknown`: it could not tell (for example while a fault that it depends on stands). */
export type Finding =
  | { readonly verdict: 'pass'; readonly measured?: Readonly<Record<string, number>> }
  | { readonly verdict: 'fail'; readonly sentence: Words; readonly measured?: Readonly<Record<string, number>> }
  | { readonly verdict: 'unknown'; readonly why: string };

export interface Fault {
  readonly code: FaultCode;
  readonly subject: SubjectId;
  readonly since: Instant;
  readonly sentence: Words;
  /** The journalled `fault.raised`; absent until it is. */
  readonly event?: EventId;
}

export type DeviceState = 'normal' | 'degraded' | 'offline' | 'unknown' | 'maintenance' | 'disabled';

export interface DeviceHealth {
  readonly subject: SubjectId;
  readonly kind: SubjectKind;
  readonly state: DeviceState;
  readonly since: Instant;
  /** The graver first. */
  readonly faults: readonly Fault[];
  /** When any probe of this device last passed or failed; absent: not proven since the start. */
  readonly provenAt?: Instant;
}

/** How the fleet sees a camera just now. */
export interface CameraStatus {
  readonly camera: CameraId;
  /** `untrusted`: it shows no certificate that was confirmed · `failed`: it answers, but not as it should, or its settings do not fit. */
  readonly connection: 'connecting' | 'connected' | 'unreachable' | 'refused-credentials' | 'untrusted' | 'failed';
  readonly since: Instant;
  /** Why it is not connected, in both languages, and as a code. */
  readonly sentence?: Words;
  readonly code?: ErrorCode;
  /** A stream refused the credentials that the camera otherwise takes; until one plays, or they change. */
  readonly streamRefused?: boolean;
  /** Camera clock minus ours, where the camera tells it. */
  readonly clockOffset?: Millis;
  readonly model?: string;
  readonly firmware?: string;
  readonly profiles: readonly string[];
  /** When it last answered anything. */
  readonly answeredAt?: Instant;
  /** What it says by itself. */
  readonly hearing?: CameraHearing;
}

export interface CameraHearing {
  /** `off`: nothing of it is wanted · `waiting`: nothing was heard yet, nor missed. */
  readonly state: 'off' | 'waiting' | 'heard' | 'lost';
  readonly since: Instant;
  /** When it last said anything, its states in answer to our question among it. */
  readonly provenAt?: Instant;
  /** Of `lost`. */
  readonly why?: Words;
  /** What it says that it can tell; absent: it cannot tell anything, or was not asked yet. */
  readonly offered?: readonly OfferedEvent[];
  /** Topics that it sent and nobody can read. */
  readonly unknown?: readonly string[];
}

/** How the fleet sees a panel just now. */
export interface PanelStatus {
  readonly panel: PanelId;
  readonly session: 'unknown' | 'connected' | 'disconnected';
  /** What the last will or the birth message said. */
  readonly announced: 'unknown' | 'online' | 'offline';
  readonly heardAt?: Instant;
  readonly since: Instant;
  readonly troubles: readonly { readonly code: TroubleCode; readonly zone?: string; readonly since: Instant }[];
  readonly queued?: number;
  /** Its own periodic test last came, also before the start. */
  readonly testedAt?: Instant;
  readonly armed: Readonly<Record<string, string>>;
  /** The broker of the site that it is at, once that was called; `unheard`: why we do not hear it there, as a clause. */
  readonly siteBroker?: { readonly name: string; readonly unheard?: Words };
}

/** How the link of an uplink stands, where it keeps one: a registration, a session. */
export interface LinkStatus {
  readonly state: 'up' | 'down';
  readonly since: Instant;
  /** Of a link that is down: what was seen, and what may be wrong. */
  readonly sentence?: Words;
  /** The far side's clock minus ours, where it tells. */
  readonly clockOffset?: Millis;
  /** Of its settings: what they name and the box has not. Absent: nothing. */
  readonly doubts?: readonly Words[];
}

/** Why the part of the gateway that carries pictures had to be replaced. */
export type MediaEnd = 'crashed' | 'stuck' | 'out-of-memory' | 'stopped';

export interface MediaRestart {
  readonly at: Instant;
  readonly cause: MediaEnd;
}

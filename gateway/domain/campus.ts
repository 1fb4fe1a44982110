/** The inventory's vocabulary: what stands in one school. Edited by people, stored in SQLite, exported as one YAML file. */
import type { AlarmType } from './alarm.ts';
import type { CameraEventRule } from './camera-events.ts';
import type { CameraId, CampusId, ChannelId, PanelId, PlaceId, UplinkId, UserId, ZoneId } from './ids.ts';
import type { Credentials, Secret } from './secret.ts';
import type { SiteRule } from './site-rules.ts';
import type { Millis } from './time.ts';

export interface Campus {
  readonly id: CampusId;
  readonly name: string;
  /** IANA name, for example `Asia/Shanghai`: panels that send local time are read in it. */
  readonly timeZone: string;
  /** What to read out on the phone: address and contact. */
  readonly address: string;
  /** How alarms are dealt with here; absent: as usual. */
  readonly practice?: AlarmPractice;
}

/** What is absent is as usual. */
export interface AlarmPractice {
  /** An alarm of severity 1 is closed by somebody else than who resolved it. Usual: yes. */
  readonly twoPersonClosing?: boolean;
  /** Zones (`panel/zone`) that look at the same place: an intrusion in one is confirmed by another of its group, and by nothing else. */
  readonly crossZones?: readonly { readonly zones: readonly string[]; readonly withinSeconds: number }[];
}

export interface Place {
  readonly id: PlaceId;
  readonly name: string;
}

export interface Camera {
  readonly id: CameraId;
  readonly name: string;
  readonly place?: PlaceId;
  /** Name of the camera adapter: `onvif` or `rtsp`. */
  readonly adapter: string;
  /** Device service address (ONVIF) or stream URL without credentials (RTSP). */
  readonly address: string;
  readonly credentials?: Credentials;
  /** SHA-256 of the certificate that an https:// camera must show, in canonical form: a person has confirmed it. */
  readonly fingerprint256?: string;
  /** What this adapter wants besides: validated by the adapter's own schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Which of its own events become alarms; mostly none. */
  readonly events?: readonly CameraEventRule[];
  readonly enabled: boolean;
  readonly maintenance: boolean;
}

/** A camera as the platform knows it; outlives the camera behind it. */
export interface Channel {
  readonly id: ChannelId;
  readonly name: string;
  readonly camera: CameraId;
  /** The number on the wall's keypad. */
  readonly number: number;
}

export interface Zone {
  readonly id: ZoneId;
  readonly name: string;
  readonly place?: PlaceId;
  /** Overrides the type that the panel's code would give. */
  readonly type?: AlarmType;
  /** Up to four channels that look at it. */
  readonly channels: readonly ChannelId[];
}

/** The clocks of a panel besides its heartbeat. */
export interface PanelSupervision {
  /** How long its session may be gone before that is a fault; none unless told. */
  readonly sessionGrace?: Millis;
  /** Longest time between two of its own tests; 25 h for panels that have ever sent one. */
  readonly testEvery?: Millis;
  /** How long no zone of it may say anything; for ever unless told. */
  readonly quietAfter?: Millis;
}

export interface Panel {
  readonly id: PanelId;
  readonly name: string;
  readonly place?: PlaceId;
  readonly dialect: string;
  /** `embedded`: it signs in to our own broker. `dc09`: it speaks SIA DC-09 to our receiver. Otherwise the name of an external broker in gateway.yaml. */
  readonly broker: string;
  /** The panel signs in as its id with a generated password of ≥ 128 bits; only the SHA-256 of that password is kept (hex). */
  readonly passwordSha256?: string;
  /** The key of a protocol that encrypts by itself: AES of SIA DC-09. */
  readonly secret?: Secret;
  /** What its dialect wants besides (prefix of topics, rules …): validated by the dialect's own schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Longest silence between two heartbeats before the panel is at fault. */
  readonly heartbeatEvery: Millis;
  readonly supervision?: PanelSupervision;
  readonly zones: readonly Zone[];
  readonly enabled: boolean;
  readonly maintenance: boolean;
}

/** primary: must have every event · backup: told what a lost primary is owed, and nothing else · copy: told everything, and proves nothing. */
export const uplinkRoles = ['primary', 'backup', 'copy'] as const;
export type UplinkRole = (typeof uplinkRoles)[number];

export interface UplinkSettings {
  readonly id: UplinkId;
  readonly name: string;
  /** Name of the uplink adapter: `mqtt`, `webhook`, `gb28181` or `dc09`. */
  readonly adapter: string;
  /** Validated by the adapter's own schema (address, topic, window …). */
  readonly settings: Readonly<Record<string, unknown>>;
  /** HMAC key of a webhook, password of an MQTT account, AES key of a DC-09 account. */
  readonly secret?: Secret;
  /** Absent: primary. */
  readonly role?: UplinkRole;
  readonly enabled: boolean;
}

export type Role = 'administrator' | 'operator' | 'technician' | 'viewer';
export const roles = ['administrator', 'operator', 'technician', 'viewer'] as const satisfies readonly Role[];

export interface User {
  readonly id: UserId;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** Everything of one campus but its users; replaced as a whole, never changed in place. */
export interface Inventory {
  readonly campus: Campus;
  readonly places: readonly Place[];
  readonly cameras: readonly Camera[];
  readonly channels: readonly Channel[];
  readonly panels: readonly Panel[];
  readonly uplinks: readonly UplinkSettings[];
  /** What this site wants otherwise than the normalisation table. */
  readonly rules: readonly SiteRule[];
}

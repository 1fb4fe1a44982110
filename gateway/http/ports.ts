/** What the HTTP part asks of the rest of the gateway. `assemble.ts` hands it in; http imports none of its siblings. */
import type { LifeStep } from '../domain/alarm-step.ts';
import type { UplinkView } from '../domain/api.ts';
import type { Camera, Campus, Channel, Panel, Place, Role, UplinkSettings, User } from '../domain/campus.ts';
import type { Mandate, PanelCommand, PanelCommandResult, PanelOp } from '../domain/command.ts';
import type { UndeliveredAlarm } from '../domain/delivery.ts';
import type { DiscoveredCamera } from '../domain/discovered-camera.ts';
import type { Seat } from '../domain/event.ts';
import type { Evidence, EvidenceReader, PassQuery } from '../domain/evidence.ts';
import type { CameraStatus, DeviceHealth, FaultCode, MediaEnd, PanelStatus } from '../domain/health.ts';
import type { CameraId, ChannelId, EventId, EvidenceId, PanelId, PlaceId, UplinkId, UserId } from '../domain/ids.ts';
import type { Endpoint, MediaFigures, Snapshot, StreamProfile, StreamPurpose, StreamTelemetry } from '../domain/media.ts';
import type { PanelTrials } from '../domain/panel-trial.ts';
import type { CodeDesk } from '../domain/platform-codes.ts';
import type {
  AlarmRecord,
  CameraIntroduction,
  ChainReport,
  Clock,
  InventoryReader,
  Journal as JournalPort,
  JournalReader,
  Logger,
  MediaPlane,
} from '../domain/ports.ts';
import type { Secret } from '../domain/secret.ts';
import type { SiteRule } from '../domain/site-rules.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { UplinkExamination } from '../domain/uplink-ports.ts';
import type { Words } from '../domain/words.ts';
import type { Problem } from '../runtime/problems.ts';

export interface HealthReader {
  device(id: string): DeviceHealth | undefined;
  devices(): readonly DeviceHealth[];
  /** Yields whenever any device's state or faults have changed. */
  changes(signal: AbortSignal): AsyncIterable<void>;
}

export interface FleetReader {
  cameraStatus(camera: CameraId): CameraStatus | undefined;
  panelStatus(panel: PanelId): PanelStatus | undefined;
  /** What it can be told. Throws NOT_FOUND. */
  orders(panel: PanelId): readonly PanelOp[];
  /** Throws NOT_FOUND, COMMAND_UNSUPPORTED, JOURNAL_UNAVAILABLE. */
  command(panel: PanelId, command: PanelCommand, mandate: Mandate): Promise<PanelCommandResult>;
  discover(signal: AbortSignal): Promise<readonly DiscoveredCamera[]>;
  introduce(candidate: Camera, signal: AbortSignal): Promise<CameraIntroduction>;
}

export interface AlarmDesk {
  /** Throws NOT_FOUND, ALARM_STEP, SECOND_PERSON. A second acknowledgement keeps the first. */
  take(alarm: EventId, step: LifeStep, person: { readonly user: UserId; readonly seat: Seat }): Promise<unknown>;
  /** Throws NOT_FOUND. */
  shown(alarm: EventId, by: UserId, screen: Seat): Promise<unknown>;
}

export interface JournalStatistics {
  /** Place of the newest entry; 0 when there is none. */
  readonly position: number;
  readonly available: boolean;
  readonly uplinks: readonly {
    readonly uplink: UplinkId;
    readonly pending: number;
    readonly refused: number;
    readonly accepted: number;
    readonly alarmsDelivered: number;
  }[];
}

/** A stream key as people see it in a list: never its password. */
export interface StreamKeyLabel {
  readonly username: string;
  readonly label: string;
  readonly channels?: readonly ChannelId[];
  /** Present: of the police side, and counts in the uplink budget. */
  readonly purpose?: 'patrol';
}

/** `'keep'` leaves the stored secret as it is. */
export type CameraEdit = Omit<Camera, 'credentials'> & { readonly credentials?: Camera['credentials'] | 'keep' };
export type UplinkEdit = Omit<UplinkSettings, 'secret'> & { readonly secret?: UplinkSettings['secret'] | 'keep' };

/** Edits throw INVENTORY_INVALID with `context.problems`, NOT_FOUND or CONFLICT, and then nothing is changed. */
export interface InventoryEditor extends InventoryReader {
  putCampus(campus: Campus): void;
  putPlace(place: Place): void;
  removePlace(place: PlaceId): void;
  /** A new camera is given a channel of its own name with the next free number. */
  putCamera(camera: CameraEdit): void;
  removeCamera(camera: CameraId): void;
  putChannel(channel: Channel): void;
  removeChannel(channel: ChannelId): void;
  putPanel(panel: Panel): void;
  removePanel(panel: PanelId): void;
  /** Made there, shown once, kept as a hash. */
  newPanelPassword(panel: PanelId): string;
  /** Absent: none any more. */
  setPanelSecret(panel: PanelId, secret?: Secret): void;
  putUplink(uplink: UplinkEdit): void;
  removeUplink(uplink: UplinkId): void;
  /** Made there, shown once, kept sealed. */
  newUplinkSecret(uplink: UplinkId): string;
  putRule(rule: SiteRule): void;
  removeRule(rule: string): void;
}

export interface UserBook {
  users(): readonly User[];
  user(id: UserId): User | undefined;
  userByName(name: string): User | undefined;
  addUser(name: string, role: Role, passwordHash: string): User;
  changePassword(user: UserId, passwordHash: string): void;
  /** Throws CONFLICT for the last administrator, like `removeUser`. */
  changeRole(user: UserId, role: Role): void;
  removeUser(user: UserId): void;
}

export interface StreamKeyBook {
  streamKeyLabels(): readonly StreamKeyLabel[];
  /** The password is returned here only. */
  issueStreamKey(label: string, channels?: readonly ChannelId[], purpose?: 'patrol'): { readonly username: string; readonly password: string };
  revokeStreamKey(username: string): void;
}

/** The claim of the first administrator. */
export interface ClaimDesk {
  claim(): { readonly open: boolean };
  /** True once, for the right code: the first administrator is then made in the same transaction, and the claim closed for ever. */
  useClaim(code: string, first: { readonly name: string; readonly passwordHash: string }): boolean;
}

export interface ReadinessReason {
  /** For example `journal`. */
  readonly name: string;
  readonly ready: boolean;
  readonly sentence: Words;
}

/** Prometheus form: `counts[i]` are the observations of at most `bounds[i]`, cumulative. */
export interface DurationHistogram {
  readonly labels: Readonly<Record<string, string>>;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
  /** Exact, of the last thousand observations. */
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export interface SnapshotMaker {
  /** Throws what keeps a picture from being made; `width` in pixels. */
  take(wish: { readonly channel: ChannelId; readonly profile: StreamProfile; readonly width?: number | undefined }): Promise<Snapshot>;
}

export interface EvidenceDesk {
  /** All that was announced of an alarm, as it stands; undefined: there is no such alarm. */
  of(alarm: EventId): readonly Evidence[] | undefined;
  /** Undefined: there is no such file, or not any more. */
  file(evidence: EvidenceId): { readonly path: string } | undefined;
  /** Resolves once it is journalled who looks at it. */
  fetched(evidence: EvidenceId, by: EvidenceReader): Promise<void>;
  /** To which uplink a link was given that carries this pass; undefined: it is not good. */
  holder(evidence: string, pass: PassQuery): UplinkId | undefined;
}

export interface TelemetryReader {
  /** As last heard, without waiting. */
  readonly latest: readonly StreamTelemetry[];
  /** Likewise, of the media plane as a whole; undefined: it has not answered. */
  readonly figures: MediaFigures | undefined;
  /** Fresh figures, or the last known where they do not come soon. */
  read(signal: AbortSignal): Promise<readonly StreamTelemetry[]>;
}

/** Viewers by WebRTC. Throws MEDIA_UNAVAILABLE, MEDIA_UNSUPPORTED or REQUEST_INVALID. */
export interface WebRtcDesk {
  answer(
    ask: {
      readonly channel: ChannelId;
      readonly profile: StreamProfile;
      readonly purpose: StreamPurpose;
      readonly offer: string;
      readonly local: boolean;
    },
    signal: AbortSignal,
  ): Promise<{ readonly session: string; readonly sdp: string }>;
  /** Is this viewer still there? */
  has(session: string): boolean;
  /** How many there are, and how many there may be. */
  readonly viewers: number;
  readonly places: number;
  end(session: string, reason: string): void;
}

/** What may leave towards the police side. */
export interface UplinkAccount {
  /** Bytes per second; 0: there is none, and nothing is counted. */
  readonly limit: number;
  /** Bytes that left in the last second. */
  used(): { readonly alarm: number; readonly patrol: number };
  /** Patrol viewing is to make do with sub-streams. */
  readonly pressed: boolean;
  /** May these bytes leave now? Then they are counted. */
  take(bytes: number, purpose: StreamPurpose): boolean;
}

export interface HttpListen {
  readonly https: Endpoint;
  /** PEM; and who tells of each pair that takes the place of the last. */
  readonly tls: {
    readonly key: string;
    readonly cert: string;
    readonly onRenewed?: (take: (renewed: { readonly key: string; readonly cert: string }) => void) => Disposable;
  };
  /** Plain HTTP: loopback only, unless the owner of the box exposed it on purpose. */
  readonly plain?: Endpoint;
  /** Origins besides our own that may call, for example behind a reverse proxy. */
  readonly allowedOrigins?: readonly string[];
}

export interface HttpParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly listen: HttpListen;
  /** Data folder: sessions and the scrape token are kept here. */
  readonly folder: string;
  /** Built pages (dist/web); absent: no pages, only the API. */
  readonly webFolder?: string;
  readonly version: string;
  readonly startedAt: Instant;
  /** Instead of the generated one. */
  readonly scrapeToken?: Secret;

  /** The inventory's store is all of these. */
  readonly inventory: InventoryEditor & UserBook & StreamKeyBook & ClaimDesk;
  readonly journal: Pick<JournalPort, 'follow'> & { readonly read: JournalReader; stats(): JournalStatistics; verify(): Promise<ChainReport> };
  readonly health: HealthReader;
  readonly faultTitle: (code: FaultCode) => Words;
  readonly fleet: FleetReader;
  readonly alarms: AlarmDesk;
  readonly media: Pick<MediaPlane, 'prepare'>;
  readonly telemetry: TelemetryReader;
  readonly snapshots: SnapshotMaker;
  readonly evidence: EvidenceDesk;
  /** Absent: switched off. */
  readonly webrtc?: WebRtcDesk;
  /** What is wrong with the settings of a camera, a panel or an uplink, by the schema of its adapter or dialect; paths as in the request. */
  readonly settingsProblems: (kind: 'camera' | 'panel' | 'uplink', adapter: string, settings: unknown) => readonly Problem[];
  /** What the settings of an uplink name and the inventory has not: taken, and told. None of settings that have problems. */
  readonly uplinkDoubts: (uplink: UplinkSettings) => readonly Words[];
  readonly tryPanel: PanelTrials;
  readonly codes: CodeDesk;
  readonly uplinkBudget: UplinkAccount;
  /** Since the start. */
  readonly mediaRestarts: () => Readonly<Partial<Record<MediaEnd, number>>>;
  /** An alarm that has reached nobody who must have it, for 15 s or more. */
  readonly undelivered: () => UndeliveredAlarm | undefined;
  /** Whether this one is such. `since`: when it was journalled. */
  readonly isUndelivered: (alarm: AlarmRecord, since: Instant) => boolean;
  readonly uplinkViews: () => readonly UplinkView[];
  /** Throws NOT_FOUND, COMMAND_UNSUPPORTED. */
  readonly examineUplink: (uplink: UplinkId, signal: AbortSignal) => Promise<UplinkExamination>;
  readonly readiness: () => readonly ReadinessReason[];
  /** Seconds, per hop and uplink: `HopTimes` makes it. */
  readonly hopTimes: () => readonly DurationHistogram[];
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  readonly sessionLength: Millis;
  readonly sessionIdle: Millis;
  readonly wallLength: Millis;
  readonly socketsPerSession: number;
  readonly sockets: number;
  readonly connections: number;
  /** From the beginning of a connection until the head of its request is whole. */
  readonly headersWithin: Millis;
  /** Requests per minute of one address. */
  readonly requestsPerMinute: number;
  /** Bytes that one live socket may owe. */
  readonly liveBacklog: number;
  /** Bytes that one media socket may owe before it skips. */
  readonly mediaBacklog: number;
}

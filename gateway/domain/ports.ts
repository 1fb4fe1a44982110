/** The ports: what the gateway asks of other people's boxes, and what it offers them. Adapters implement or call these; nothing else crosses. */
import type { z } from 'zod';
import type { AlarmType } from './alarm.ts';
import type { CameraReport, OfferedEvent } from './camera-report.ts';
import type { Camera, Inventory } from './campus.ts';
import type { CameraCommand, CommandResult } from './command.ts';
import type { Backlog, DeliveryStatus, Receipt } from './delivery.ts';
import type { CommandEnded, CommandOrdered, DomainEvent, EventKind, JournalEntry } from './event.ts';
import type { ShownCertificate } from './fingerprint.ts';
import type { ChannelId, EventId, PanelId, UplinkId } from './ids.ts';
import type {
  Endpoint,
  Keyframe,
  MediaFigures,
  RecordingPlan,
  RtpEnd,
  RtpOrder,
  RtspBound,
  RtspListen,
  SinkSpec,
  StreamAddress,
  StreamKey,
  StreamProfile,
  StreamTelemetry,
  WantedKeyframe,
} from './media.ts';
import type { MendedRecording } from './recording.ts';
import type { ArmMode, PanelSequence } from './report.ts';
import type { Instant, Millis } from './time.ts';

// ---- what every adapter is given

/** Reads time and waits. Nothing but `runtime/clock` implements it for real; tests replace it. */
export interface Clock {
  now(): Instant;
  /** Milliseconds that never jump, for measuring. */
  monotonic(): Millis;
  /** Resolves after `length`; rejects with the signal's reason when aborted. */
  sleep(length: Millis, signal?: AbortSignal): Promise<void>;
  /** Aborts with a TimeoutError after `length`, or with the first of `signals`. Dispose of it when the work is done, and both waits end. */
  deadline(length: Millis, ...signals: readonly AbortSignal[]): AbortSignal & Disposable;
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export interface AdapterContext {
  readonly clock: Clock;
  readonly log: Logger;
}

// ---- cameras

export interface CameraAdapter<Config> {
  readonly kind: string;
  readonly config: z.ZodType<Config>;
  /** Yields a live session or throws; never retries. Throws CAMERA_CREDENTIALS or CAMERA_UNREACHABLE, CAMERA_CERTIFICATE (`context.certificate`: what it showed), or CAMERA_REPLY for nonsense. */
  connect(camera: Camera, config: Config, context: AdapterContext, signal: AbortSignal): Promise<CameraSession>;
}

/** What a camera tells of itself once it is signed in to. */
export interface CameraFacts {
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** Camera clock minus ours at connect; absent where the camera does not tell its time. */
  readonly clockOffset?: Millis;
  readonly profiles: readonly {
    readonly token: string;
    readonly name: string;
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly use: StreamProfile | 'other';
  }[];
}

/** A camera that is not in the inventory yet, as it answered. Addresses are without credentials. */
export interface CameraIntroduction {
  /** What it shows over TLS, and nobody has confirmed: nothing was asked, so nothing else is known. */
  readonly certificate?: ShownCertificate;
  readonly camera?: CameraFacts & { readonly streams: Readonly<Record<StreamProfile, string>>; readonly snapshot?: string };
}

export interface CameraSession extends CameraFacts, AsyncDisposable {
  /** What it says by itself, until aborted; read by one reader. A camera that breaks its part of it is told of, and tried again. */
  reports(signal: AbortSignal): AsyncIterable<CameraReport>;
  /** What it says that it can tell; undefined: it cannot tell anything. */
  offeredEvents(signal: AbortSignal): Promise<readonly OfferedEvent[] | undefined>;
  /** Cheap proof that it still answers and still takes our credentials; returns the clock offset, where it can be had. */
  probe(signal: AbortSignal): Promise<{ readonly clockOffset?: Millis }>;
  streamAddress(profile: StreamProfile, signal: AbortSignal): Promise<StreamAddress>;
  /** http:// or https:// address of a JPEG of now, without credentials; undefined where the camera names none. */
  snapshotAddress(signal: AbortSignal): Promise<string | undefined>;
  perform(command: CameraCommand, signal: AbortSignal): Promise<CommandResult>;
}

// ---- the spine

export interface Recorded {
  readonly entry: JournalEntry;
  /** The dedupe key was journalled before: `entry` is that first event, nothing new is owed. */
  readonly repeated: boolean;
}

/** The durable order of events. */
export interface Journal {
  /**
   * Resolves after the COMMIT that holds event, deliveries and receipts, together with every other record() of that turn; rejects with
   * JOURNAL_UNAVAILABLE if the commit failed. Nothing may be acknowledged to a device before it resolves.
   * `unhurried`: rides with the next COMMIT, a second at most, and may be lost in a crash before it.
   */
  record(event: DomainEvent, recipients: readonly UplinkId[], pace?: 'unhurried'): Promise<Recorded>;
  /**
   * A later hop of an event (shown, answered …): evidence, which rides with the next COMMIT, a second at most, and may be lost in a crash before it.
   * Repeats of the same (event, hop, by) keep the first time.
   */
  receipt(event: EventId, receipt: Receipt): Promise<void>;
  /** Every entry after `since`, then live ones as they are committed. */
  follow(since: EventId | 'now', signal: AbortSignal): AsyncIterable<JournalEntry>;
  readonly read: JournalReader;
}

/** What was found of the chain of events. */
export interface ChainReport {
  /** The last event that holds. */
  readonly position: number;
  /** Events of older builds, before the chain begins: nothing is proved of them. */
  readonly unlinked: number;
  /** SHA-256 in hex: stands for everything up to `position`. Absent: no event is linked yet. */
  readonly link?: string;
  /** Where it breaks: an event `altered`, one `missing` (removed, or another put before it), or one in a part of the file that is `unreadable`. */
  readonly broken?: { readonly position: number; readonly what: 'altered' | 'missing' | 'unreadable' };
}

export interface AlarmRecord extends JournalEntry {
  /** What was done about it, in order. */
  readonly life: readonly JournalEntry[];
  readonly receipts: readonly Receipt[];
  readonly deliveries: readonly DeliveryStatus[];
  readonly restoredAt?: Instant;
}

/** An alarm among those of its incident. */
export interface IncidentAlarm {
  readonly record: AlarmRecord;
  /** When it was journalled, by the clock as it now stands. */
  readonly since: Instant;
  /** As in `ChainReport`, of this alarm. */
  readonly link?: string;
  /** The alarm and all that was done about it follow from the links before them. */
  readonly intact: boolean;
}

/** What a panel was told, and what became of it. */
export interface CommandRecord {
  readonly ordered: CommandOrdered;
  readonly ended?: CommandEnded;
}

/** What supervision asks of the journal. */
export interface SupervisionReader {
  /** The newest test alarm, and how its delivery to this uplink stands; no state: it was not owed one. */
  lastTestAlarm(uplink?: UplinkId): { readonly at: Instant; readonly state?: DeliveryStatus['state'] } | undefined;
  /** When each panel last sent its own test. */
  panelTests(): ReadonlyMap<PanelId, Instant>;
  /** How each partition of each panel was last seen to be armed. */
  armedBefore(): ReadonlyMap<PanelId, ReadonlyMap<string, ArmMode>>;
  /** When a zone of this panel last raised or ended an alarm. */
  lastAlarmOf(panel: PanelId): Instant | undefined;
}

/** Synchronous, on a read-only connection of its own. */
export interface JournalReader extends SupervisionReader {
  find(event: EventId): JournalEntry | undefined;
  /** Newest first, before a position. `raised` alarms only. */
  alarms(query: { readonly before?: number; readonly limit: number; readonly unacknowledged?: boolean }): readonly AlarmRecord[];
  alarm(event: EventId): AlarmRecord | undefined;
  /** The alarms of this one's incident, oldest first: how many, and the first hundred. */
  incident(alarm: EventId): { readonly count: number; readonly alarms: readonly IncidentAlarm[] } | undefined;
  /** What people and platforms told this panel lately, newest first. */
  commands(panel: PanelId, limit: number): readonly CommandRecord[];
  events(query: { readonly after?: number; readonly limit: number; readonly kinds?: readonly EventKind[] }): readonly JournalEntry[];
  /** The highest seq journalled for this boot of this panel, and whether this very seq is in. */
  sequence(panel: PanelId, sequence: PanelSequence): { readonly highest?: number; readonly known: boolean };
  /** The latest `fault.raised` without its `fault.cleared`, per fault and subject. */
  openFaults(): readonly JournalEntry[];
  /** The newest entry, `evidence.begun` or `evidence.kept`, of all evidence whose file is there, oldest first. */
  standingEvidence(): readonly JournalEntry[];
  /** What was kept of an alarm and removed again, in order. */
  evidenceOf(alarm: EventId): readonly JournalEntry[];
  /** The last zone event of this panel and zone and type, to tell a `still` that fills a gap from a repeat. */
  lastZoneEvent(panel: PanelId, zone: string, type: string): JournalEntry | undefined;
  /** Types of this zone whose last event is a raise without its restore; `of`: only that type is asked for. */
  raisedTypes(panel: PanelId, zone: string, of?: AlarmType): readonly AlarmType[];
  backlog(uplink: UplinkId): Backlog;
}

// ---- media

export interface MediaPlane extends AsyncDisposable {
  /** Opens a sink; the camera is pulled while at least one sink of its stream is open. Throws MEDIA_… codes. */
  prepare(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink>;
  /**
   * Binds what one receiver is sent from, and resolves once its stream plays: then the receiver can be told. Throws NOT_FOUND, MEDIA_…,
   * UPLINK_BUDGET or the camera's own refusal.
   */
  sendRtp(order: RtpOrder, signal: AbortSignal): Promise<RtpSending>;
  telemetry(): Promise<readonly StreamTelemetry[]>;
  figures(): Promise<MediaFigures>;
  /** The newest keyframe of that moment, however old: its time tells. Waits for the first one where the stream is not yet pulled. */
  keyframe(wanted: WantedKeyframe, signal: AbortSignal): Promise<Keyframe>;
  /** Finishes what a recording left that nobody finished: its whole fragments. Throws what the disk says. */
  mendRecording(file: string): Promise<MendedRecording>;
  /** Replaces the set of streams that are pulled all the time, each into a ring. */
  record(plans: readonly RecordingPlan[]): Promise<void>;
  /** Replaces the set of channels that look at an open alarm: viewing them outranks patrol viewing. */
  alarmed(channels: readonly ChannelId[]): Promise<void>;
  /**
   * The cameras of these channels refuse their password: their sessions end now, before a keepalive tries it again. They begin anew as soon as
   * the resolver gives an address.
   */
  refused(channels: readonly ChannelId[]): Promise<void>;
  /** Opens the RTSP server inside the plane; returns where it listens. */
  serveRtsp(listen: RtspListen): Promise<RtspBound>;
  /** Replaces the set of stream keys; sessions of a key that is gone are closed. */
  admit(keys: readonly StreamKey[]): Promise<void>;
}

export interface PreparedSink extends AsyncDisposable {
  start(): void;
}

/** `start`: the receiver knows; it is sent the newest picture group and everything after it. Disposed of, it ends as `stopped`. */
export interface RtpSending extends PreparedSink {
  /** Where it is sent from, or may connect to; port 9 where we connect. */
  readonly local: Endpoint;
  readonly ended: Promise<RtpEnd>;
}

/** Asked by the media plane: where is this stream? */
export type StreamResolver = (channel: string, profile: StreamProfile) => Promise<StreamAddress>;

/** Told by the media plane: somebody waits for a keyframe of this stream. Must not throw. */
export type KeyframeAsker = (channel: string, profile: StreamProfile) => void;

// ---- inventory

export interface InventoryReader {
  current(): Inventory;
  /** Yields the inventory after each change. */
  changes(signal: AbortSignal): AsyncIterable<Inventory>;
}

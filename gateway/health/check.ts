/** A health check is declared data plus one probe. Add one: a file in checks/, a line in checks/index.ts. */
import type { Camera, Panel, UplinkSettings, Zone } from '../domain/campus.ts';
import type { CertificateFacts, FarCertificate } from '../domain/certificate.ts';
import type { Backlog } from '../domain/delivery.ts';
import type { CameraStatus, FaultCode, Finding, LinkStatus, MediaRestart, PanelStatus, SubjectKind } from '../domain/health.ts';
import type { CameraId, ChannelId, PanelId, UplinkId } from '../domain/ids.ts';
import type { RingState, StreamTelemetry } from '../domain/media.ts';
import type { ChainReport, SupervisionReader } from '../domain/ports.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';

export type Subject =
  | { readonly kind: 'camera'; readonly camera: Camera }
  | { readonly kind: 'panel'; readonly panel: Panel }
  | { readonly kind: 'zone'; readonly panel: Panel; readonly zone: Zone }
  | { readonly kind: 'uplink'; readonly uplink: UplinkSettings }
  | { readonly kind: 'gateway' };

/** What a probe may look at. Read-only views of the other parts, handed in by assemble.ts. */
export interface HealthContext {
  now(): Instant;
  /** By the clock as it now stands. */
  startedAt(): Instant;
  cameraStatus(camera: CameraId): CameraStatus | undefined;
  panelStatus(panel: PanelId): PanelStatus | undefined;
  /** Streams of this camera that somebody watches. */
  streams(camera: CameraId): Promise<readonly StreamTelemetry[]>;
  /** The recorder ring of a channel; undefined: it is not recorded just now. */
  ring(channel: ChannelId): Promise<RingState | undefined>;
  channelName(channel: ChannelId): string;
  readonly lastAlarmOf: SupervisionReader['lastAlarmOf'];
  /** Of the hourly test alarms the newest; no state: it was not owed to this uplink. */
  readonly testAlarm: SupervisionReader['lastTestAlarm'];
  backlog(uplink: UplinkId): Backlog;
  /** An alarm that has reached nobody who must have it, for too long; with what to say on the phone. */
  undelivered(): { readonly journalledAt: Instant; readonly script: Words } | undefined;
  /** When the far side last acknowledged anything, since the start. */
  answeredAt(uplink: UplinkId): Instant | undefined;
  /** How its link stands; undefined: it keeps none, or does not run. */
  uplinkLink(uplink: UplinkId): LinkStatus | undefined;
  /** What it showed last by TLS; undefined: nothing yet. */
  uplinkCertificate(uplink: UplinkId): FarCertificate | undefined;
  /** Name of the backup that stands in for it just now. */
  standIn(uplink: UplinkId): string | undefined;
  /** Why it does not run at all. */
  uplinkBroken(uplink: UplinkId): string | undefined;
  /** Of the part that carries pictures, in the last ten minutes, oldest first. */
  mediaRestarts(): readonly MediaRestart[];
  /** Where the chain of events breaks, as far as was looked. */
  chainBroken(): ChainReport['broken'];
  /** What the box itself shows by TLS. */
  ownCertificate(): CertificateFacts;
  /** Bytes free for us, and in all, on the disk of the data folder. */
  disk(): Promise<{ readonly free: number; readonly total: number }>;
}

export interface HealthCheck<Kind extends SubjectKind> {
  readonly code: FaultCode;
  readonly title: Words;
  readonly subject: Kind;
  /** What the fault does to the device's state. */
  readonly effect: 'offline' | 'degraded';
  readonly every: Millis;
  /** A failure must last this long before it is a fault. */
  readonly visibleAfter: Millis;
  /** One that has come and gone often must be well for so long before it ends; a minute where not given. */
  readonly settlesIn?: Millis;
  /** While one of these stands on the same subject, this check cannot tell. */
  readonly dependsOn: readonly FaultCode[];
  probe(subject: Extract<Subject, { kind: Kind }>, context: HealthContext, signal: AbortSignal): Promise<Finding>;
}

export type AnyHealthCheck = { [Kind in SubjectKind]: HealthCheck<Kind> }[SubjectKind];

/** Runs a check on a subject of its own kind; on any other it cannot tell. */
export function probeSubject(check: AnyHealthCheck, subject: Subject, context: HealthContext, signal: AbortSignal): Promise<Finding> {
  if (check.subject === 'camera' && subject.kind === 'camera') return check.probe(subject, context, signal);
  if (check.subject === 'panel' && subject.kind === 'panel') return check.probe(subject, context, signal);
  if (check.subject === 'zone' && subject.kind === 'zone') return check.probe(subject, context, signal);
  if (check.subject === 'uplink' && subject.kind === 'uplink') return check.probe(subject, context, signal);
  if (check.subject === 'gateway' && subject.kind === 'gateway') return check.probe(subject, context, signal);
  return Promise.resolve({ verdict: 'unknown', why: `${check.code} is not for a ${subject.kind}` });
}

/** What the API answers with: allow-lists. A field that is not named here does not leave the box. */
import { alarmCauses, alarmStates, stepNames } from '../../domain/alarm-step.ts';
import type {
  AlarmPage,
  AlarmView,
  ChannelView,
  ClaimStatus,
  DeviceView,
  FaultView,
  Overview,
  PhoneCall,
  ReceiptView,
  SessionView,
  UplinkView,
} from '../../domain/api.ts';
import { roles, uplinkRoles } from '../../domain/campus.ts';
import type { DeliveryStatus } from '../../domain/delivery.ts';
import { errorCodes } from '../../domain/errors.ts';
import { escalationTargets } from '../../domain/escalation.ts';
import { seats } from '../../domain/event.ts';
import type { ChannelId, UplinkId } from '../../domain/ids.ts';
import { type StreamTelemetry, streamFlaws } from '../../domain/media.ts';
import type { ChainReport } from '../../domain/ports.ts';
import { cameraEventsView } from './camera-events.ts';
import { alarmType, clockTrust, severity } from './events.ts';
import { idOf, iso, length, maybe, moment, words, z } from './pieces.ts';
import { lifeStep } from './steps.ts';

export const claimStatus: z.ZodType<ClaimStatus> = z.object({ open: z.boolean() }).openapi('ClaimStatus');
export const sessionView: z.ZodType<SessionView> = z
  .object({ name: z.string(), role: z.enum(roles), campus: z.string(), may: z.array(z.string()).readonly() })
  .openapi('SessionView');

const state = z.enum(['normal', 'degraded', 'offline', 'unknown', 'maintenance', 'disabled']).openapi('DeviceState');

export const uplinkView: z.ZodType<UplinkView> = z
  .object({
    id: z.string(),
    name: z.string(),
    adapter: z.string(),
    role: maybe(z.enum(uplinkRoles)),
    standsInFor: maybe(z.array(z.string()).readonly()),
    state,
    pending: z.number(),
    refused: z.number(),
    link: maybe(
      z.object({
        state: z.enum(['up', 'down']),
        since: iso,
        sentence: maybe(words),
        clockOffset: maybe(z.number()),
        doubts: maybe(z.array(words).readonly()),
      }),
    ),
    acceptedAt: maybe(iso),
    latency: maybe(z.number()),
  })
  .openapi('UplinkView');

export const faultView: z.ZodType<FaultView> = z
  .object({ code: z.string(), title: words, sentence: words, subject: z.string(), subjectName: z.string(), since: iso })
  .openapi('FaultView');

const tally = z.object({ total: z.number(), normal: z.number() }).openapi('Tally');

/** Whom to phone, what to read out, and since when it was due. */
export const phoneCall: z.ZodType<PhoneCall> = z.object({ number: z.string(), read: words, alarm: z.string(), since: iso }).openapi('PhoneCall');

export const overview: z.ZodType<Overview> = z
  .object({
    campus: z.object({ name: z.string(), address: z.string() }),
    verdict: words,
    state,
    cameras: tally,
    panels: tally,
    openAlarms: z.number(),
    openFaults: z.number(),
    uplinks: z.array(uplinkView),
    needsYou: z.array(faultView),
    phonePolice: z.boolean(),
    phone: maybe(phoneCall),
    startedAt: iso,
    version: z.string(),
  })
  .openapi('Overview');

const telemetry: z.ZodType<StreamTelemetry> = z
  .object({
    channel: idOf<ChannelId>(),
    profile: z.enum(['main', 'sub']),
    state: z.enum(['connecting', 'playing', 'waiting', 'failed']),
    reason: maybe(z.string()),
    code: maybe(z.enum(errorCodes)),
    flaws: maybe(z.array(z.enum(streamFlaws))),
    codec: maybe(z.string()),
    width: maybe(z.number()),
    height: maybe(z.number()),
    framesPerSecond: z.number(),
    bitsPerSecond: z.number(),
    frames: z.number(),
    keyframes: z.number(),
    lostPackets: z.number(),
    jitter: length,
    keyframeInterval: maybe(length),
    audio: maybe(z.enum(['pcma', 'pcmu', 'aac'])),
    audioReason: maybe(words),
    lastFrameAt: maybe(moment),
    viewers: z.number(),
    skippedFrames: z.number(),
    ring: maybe(z.object({ reach: length, wanted: length, bytes: z.number() })),
    startedAt: moment,
    linger: maybe(length),
  })
  .openapi('StreamTelemetry');

export const deviceView: z.ZodType<DeviceView> = z
  .object({
    id: z.string(),
    kind: z.enum(['camera', 'panel', 'zone', 'uplink', 'gateway']),
    name: z.string(),
    place: maybe(z.string()),
    state,
    since: iso,
    provenAt: maybe(iso),
    faults: z.array(faultView),
    model: maybe(z.string()),
    firmware: maybe(z.string()),
    address: maybe(z.string()),
    streams: maybe(z.array(telemetry)),
    events: maybe(cameraEventsView),
  })
  .openapi('DeviceView');

export const channelView: z.ZodType<ChannelView> = z
  .object({
    id: z.string(),
    number: z.number(),
    name: z.string(),
    camera: z.string(),
    place: maybe(z.string()),
    state,
    reason: maybe(words),
  })
  .openapi('ChannelView');

const receipt: z.ZodType<ReceiptView> = z
  .object({
    hop: z.enum(['pressed', 'received', 'journalled', 'sent', 'answered', 'confirmed', 'accepted', 'shown', 'acknowledged']),
    at: moment,
    by: maybe(z.string()),
    proof: maybe(z.string()),
    path: maybe(z.string()),
    screen: maybe(z.enum(seats)),
    trust: maybe(clockTrust),
  })
  .openapi('Receipt');

const deliveryStatus: z.ZodType<DeliveryStatus> = z
  .object({
    uplink: idOf<UplinkId>(),
    state: z.enum(['pending', 'refused', 'accepted']),
    attempts: z.number(),
    reason: maybe(z.string()),
    coveredBy: maybe(idOf<UplinkId>()),
    nextTryAt: maybe(moment),
  })
  .openapi('DeliveryStatus');

export const alarmView: z.ZodType<AlarmView> = z
  .object({
    id: z.string(),
    position: z.number(),
    type: alarmType,
    title: words,
    severity,
    panel: z.string(),
    panelName: z.string(),
    zone: z.string(),
    zoneName: z.string(),
    place: maybe(z.string()),
    channels: z.array(z.string()),
    drill: z.boolean(),
    test: z.boolean(),
    historical: z.boolean(),
    occurredAt: maybe(iso),
    clockTrust,
    receivedAt: iso,
    journalledAt: iso,
    restoredAt: maybe(iso),
    acknowledgedAt: maybe(iso),
    acknowledgedBy: maybe(z.string()),
    incident: maybe(z.string()),
    verification: maybe(z.enum(['sequential', 'video', 'human'])),
    confirms: maybe(z.string()),
    swinger: maybe(z.literal(true)),
    withheld: maybe(z.literal(true)),
    state: z.enum(alarmStates),
    steps: z.array(z.enum(stepNames)).readonly(),
    escalated: maybe(z.number()),
    resolution: maybe(z.object({ cause: z.enum(alarmCauses), text: maybe(z.string()), by: z.string(), at: iso })),
    timeline: z
      .array(
        z.union([
          z.object({ at: iso, by: z.string(), seat: maybe(z.enum(seats)), step: lifeStep }),
          z.object({ at: iso, level: z.number(), to: z.enum(escalationTargets), waiting: z.number() }),
        ]),
      )
      .readonly(),
    receipts: z.array(receipt),
    deliveries: z.array(deliveryStatus),
  })
  .openapi('AlarmView');

export const chainReport: z.ZodType<ChainReport> = z
  .object({
    position: z.number(),
    unlinked: z.number(),
    link: maybe(z.string()),
    broken: maybe(z.object({ position: z.number(), what: z.enum(['altered', 'missing', 'unreadable']) })),
  })
  .openapi('ChainReport');

export const alarmPage: z.ZodType<AlarmPage> = z.object({ alarms: z.array(alarmView), next: maybe(z.number()) }).openapi('AlarmPage');

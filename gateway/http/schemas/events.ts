/** Events as they leave the API: an allow-list per kind. */
import type { AlarmType, Severity } from '../../domain/alarm.ts';
import type { EventView } from '../../domain/api.ts';
import { commandOutcomes, type Orderer, panelOps } from '../../domain/command.ts';
import { escalationTargets } from '../../domain/escalation.ts';
import { type DomainEvent, seats } from '../../domain/event.ts';
import type { Evidence } from '../../domain/evidence.ts';
import { faultCodes, type SubjectId } from '../../domain/health.ts';
import type { CameraId, CampusId, ChannelId, EventId, EvidenceId, PanelId, PlaceId, UplinkId, UserId, ZoneId } from '../../domain/ids.ts';
import type { ArmMode } from '../../domain/report.ts';
import { idOf, iso, maybe, moment, words, z } from './pieces.ts';
import { progressSteps } from './steps.ts';

export const severity: z.ZodType<Severity> = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export const alarmType: z.ZodType<AlarmType> = z.string();
export const clockTrust = z.enum(['ok', 'skewed', 'none']);

const decided = {
  id: idOf<EventId>(),
  campus: idOf<CampusId>(),
  occurredAt: maybe(moment),
  receivedAt: moment,
  clockTrust,
};
const sequence = z.object({ boot: z.string(), seq: z.number() });
const fromZone = {
  ...decided,
  panel: idOf<PanelId>(),
  zone: idOf<ZoneId>(),
  zoneName: z.string(),
  place: maybe(idOf<PlaceId>()),
  partition: maybe(z.string()),
  type: alarmType,
  severity,
  drill: z.boolean(),
  test: z.boolean(),
  historical: z.boolean(),
  dedupe: z.string(),
  sequence: maybe(sequence),
  channels: z.array(idOf<ChannelId>()),
  source: z.object({
    ...{ protocol: z.string(), code: z.string(), text: maybe(z.string()), raw: z.string(), rawBytes: maybe(z.number()) },
    rules: maybe(z.array(z.string())),
    topic: maybe(z.string()),
    qos: maybe(z.union([z.literal(0), z.literal(1), z.literal(2)])),
    retained: maybe(z.boolean()),
    duplicate: maybe(z.boolean()),
    mapperVersion: maybe(z.string()),
  }),
  user: maybe(z.string()),
  verification: maybe(z.enum(['sequential', 'video', 'human'])),
  withheld: maybe(z.literal(true)),
  location: maybe(z.object({ longitude: z.number(), latitude: z.number(), coordinates: maybe(z.enum(['GCJ02', 'WGS84'])), text: maybe(z.string()) })),
};
const deed = { alarm: idOf<EventId>(), by: idOf<UserId>(), seat: maybe(z.enum(seats)) };
const medium = z.enum(['clip', 'still']);
const ofEvidence = { alarm: idOf<EventId>(), evidence: idOf<EvidenceId>(), medium, channel: idOf<ChannelId>() };
const evidenceLink = z.object({ id: idOf<EvidenceId>(), medium, channel: idOf<ChannelId>(), path: z.string() });
const orderer: z.ZodType<Orderer> = z.union([z.object({ user: idOf<UserId>() }), z.object({ uplink: idOf<UplinkId>() }), z.literal('gateway')]);
const floodedZone = z.object({
  zone: idOf<ZoneId>(),
  zoneName: z.string(),
  raised: z.number(),
  restored: z.number(),
  last: z.enum(['raised', 'restored']),
});
const fault = z.enum(faultCodes);
const subject = idOf<SubjectId>();

/** One piece of evidence as it stands. */
export const evidence: z.ZodType<Evidence> = z
  .object({
    ...ofEvidence,
    path: z.string(),
    state: z.enum(['awaited', 'growing', 'complete', 'cut-short', 'missing', 'removed']),
    bytes: z.number(),
    sha256: maybe(z.string()),
    from: maybe(moment),
    to: maybe(moment),
    reason: maybe(words),
  })
  .openapi('Evidence');

export const domainEvent: z.ZodType<DomainEvent> = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('alarm.raised'),
      ...fromZone,
      evidence: maybe(z.array(evidenceLink)),
      incident: maybe(idOf<EventId>()),
      confirms: maybe(idOf<EventId>()),
      swinger: maybe(z.literal(true)),
    }),
    z.object({ kind: z.literal('alarm.restored'), ...fromZone }),
    z.object({ kind: z.literal('alarm.acknowledged'), ...decided, ...deed, round: maybe(z.number()) }),
    z.object({ kind: z.literal('alarm.progressed'), ...decided, ...deed, step: z.discriminatedUnion('name', progressSteps) }),
    z.object({
      kind: z.literal('alarm.escalated'),
      ...decided,
      alarm: idOf<EventId>(),
      level: z.number(),
      to: z.enum(escalationTargets),
      waiting: z.number(),
    }),
    z.object({ kind: z.literal('alarm.flood'), ...decided, panel: idOf<PanelId>(), withheld: z.number(), zones: z.array(floodedZone) }),
    z.object({
      kind: z.literal('arming.changed'),
      ...decided,
      panel: idOf<PanelId>(),
      partition: z.string(),
      mode: idOf<ArmMode>(),
      historical: maybe(z.boolean()),
      first: maybe(z.boolean()),
      user: maybe(z.string()),
      dedupe: z.string(),
      sequence: maybe(sequence),
    }),
    z.object({ kind: z.literal('panel.gap'), ...decided, panel: idOf<PanelId>(), boot: z.string(), missingFrom: z.number(), missingTo: z.number() }),
    z.object({
      kind: z.literal('command.ordered'),
      ...decided,
      ...{ panel: idOf<PanelId>(), command: z.string(), op: z.enum(panelOps), partition: maybe(z.string()), about: maybe(idOf<ZoneId>()) },
      ...{ mode: maybe(idOf<ArmMode>()), on: maybe(z.boolean()), expires: moment, by: orderer, reason: z.string() },
    }),
    z.object({
      kind: z.literal('command.ended'),
      ...decided,
      ...{ panel: idOf<PanelId>(), command: z.string(), op: z.enum(panelOps), ordered: idOf<EventId>() },
      ...{ outcome: z.enum(commandOutcomes), sentence: words },
    }),
    z.object({ kind: z.literal('test.sent'), ...decided, test: z.literal(true) }),
    z.object({ kind: z.literal('panel.tested'), ...decided, panel: idOf<PanelId>(), sequence: maybe(sequence) }),
    z.object({ kind: z.literal('broker.gap'), ...decided, broker: z.string(), panels: z.number() }),
    z.object({ kind: z.literal('camera.gap'), ...decided, camera: idOf<CameraId>(), from: maybe(moment), to: moment, why: words }),
    z.object({ kind: z.literal('fault.raised'), ...decided, fault, subject, sentence: words }),
    z.object({ kind: z.literal('fault.cleared'), ...decided, fault, subject, raised: idOf<EventId>() }),
    z.object({ kind: z.literal('evidence.begun'), ...decided, ...ofEvidence, file: z.string() }),
    z.object({
      ...{ kind: z.literal('evidence.kept'), ...decided, ...ofEvidence },
      outcome: z.enum(['complete', 'cut-short', 'missing']),
      path: z.string(),
      bytes: z.number(),
      file: maybe(z.string()),
      sha256: maybe(z.string()),
      from: maybe(moment),
      to: maybe(moment),
      reason: maybe(words),
    }),
    z.object({
      ...{ kind: z.literal('evidence.removed'), ...decided, ...ofEvidence },
      cause: z.enum(['age', 'room', 'open-alarm']),
      reason: words,
    }),
    z.object({
      kind: z.literal('evidence.fetched'),
      ...decided,
      ...ofEvidence,
      by: z.union([idOf<UserId>(), z.object({ uplink: idOf<UplinkId>() })]),
    }),
  ])
  .openapi('Event');

export const eventView: z.ZodType<EventView> = z.object({ position: z.number(), journalledAt: iso, event: domainEvent }).openapi('EventView');

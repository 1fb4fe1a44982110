/** Report → Event: identifies, stamps and records what devices say. The journal decides what is new; here nothing is acknowledged. */

import type { Mandate, PanelCommand, PanelCommandResult } from '../domain/command.ts';
import { GatewayError } from '../domain/errors.ts';
import type { AlarmRaised, AlarmRestored, Carriage, DomainEvent, JournalEntry, PanelGap } from '../domain/event.ts';
import type { EvidenceFact } from '../domain/evidence.ts';
import type { FaultCode, SubjectId } from '../domain/health.ts';
import type { CameraId, EventId, PanelId, UplinkId, UserId } from '../domain/ids.ts';
import type { Clock, InventoryReader, Journal, Logger, Recorded } from '../domain/ports.ts';
import type { Report } from '../domain/report.ts';
import { underRules } from '../domain/site-rules.ts';
import type { Instant } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import { type AlarmDesk, openAlarmDesk } from './alarm-desk.ts';
import { openAlarmWatch } from './alarm-watch.ts';
import { type CameraEvent, openCameraEvents } from './camera-events.ts';
import { type ArmingReport, type Arrival, armingEvent, orderedEvent, type ZoneReport, zoneEvent } from './decide.ts';
import { eventIds } from './event-ids.ts';
import { FloodGuard } from './flood-guard.ts';
import { tellFloods } from './flood-summaries.ts';
import { openJudgement } from './judgement.ts';
import { openSequences } from './sequences.ts';

export interface IntakeOptions {
  readonly journal: Journal;
  readonly inventory: InventoryReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stills and clips are kept of alarms. */
  readonly keepsEvidence?: boolean;
  /** To whom an event is owed. */
  readonly recipients: (event: DomainEvent) => readonly UplinkId[];
  /** Asks a panel to tell its whole state: messages of it are missing. Must not throw. */
  readonly requestSync: (panel: PanelId) => void;
}

export type IntakeResult =
  | {
      readonly kind: 'recorded';
      readonly entry: JournalEntry /** Journalled before: `entry` is the first, nothing new is owed. */;
      readonly repeated: boolean;
    }
  /** `known`: a status repeat of what the journal holds already. `no-event`: trouble, life signs, answers: the fleet's business. */
  | { readonly kind: 'nothing'; readonly why: 'known' | 'no-event' | 'unwanted' /** No rule wants it, or not now. */ };

/** Who ordered what of panels, and what became of it. */
interface CommandAudit {
  /** Resolves after the commit: then it may leave. */
  ordered(panel: PanelId, command: PanelCommand, mandate: Mandate): Promise<EventId>;
  ended(ordered: EventId, panel: PanelId, command: PanelCommand, result: PanelCommandResult): Promise<unknown>;
}

/** What supervision journals. */
interface Supervision {
  /** The hourly test alarm; false: nobody wants it, and there is none. */
  testAlarm(): Promise<boolean>;
  sessionLost(broker: string, panels: number): Promise<unknown>;
}

export interface Intake extends AlarmDesk, CommandAudit, Supervision {
  /** Resolves once everything that the report means is committed; rejects if it is not: then nothing may be acknowledged to the device. */
  report(report: Report, receivedAt: Instant, protocol: string, carriage?: Carriage): Promise<IntakeResult>;
  /** What a camera says by itself: an alarm where a rule of the camera wants it. Resolves and rejects as `report` does. */
  cameraEvent(event: CameraEvent, receivedAt: Instant): Promise<IntakeResult>;
  /** What a camera said may not have been heard. */
  cameraGap(gap: { readonly camera: CameraId; readonly from?: Instant; readonly to: Instant; readonly why: Words }): Promise<Recorded>;
  /** A screen drew the alarm, with this user in front of it. */
  shown(alarm: EventId, by: UserId, screen: string): Promise<void>;
  /** What is known of a piece of evidence; of each thing the first time counts. */
  evidence(fact: EvidenceFact): Promise<void>;
  raiseFault(fault: { readonly code: FaultCode; readonly subject: SubjectId; readonly sentence: Words }): Promise<EventId>;
  /** Ends the fault that the event raised; once only, however often it is asked. Throws NOT_FOUND. */
  clearFault(raised: EventId): Promise<void>;
  /** Tells more people where nobody takes an alarm on (alarm-watch.ts), and what floods withheld. */
  run(signal: AbortSignal): Promise<void>;
}

/** Gaps that could not be journalled are kept until they can; more than this means the disk is gone anyway. */
const owedLimit = 1_000;

/**
 * Journalled, and sent to nobody: one of a flood, the first arming that is ever heard of, and the lamp of whoever pressed, which says that a platform has
 * the alarm: that is no news to it.
 */
function kept(event: DomainEvent): boolean {
  return ('withheld' in event && event.withheld === true) || ('first' in event && event.first === true) || ('op' in event && event.op === 'received');
}

export function openIntake({ journal, inventory, clock, log, recipients, requestSync, keepsEvidence = false }: IntakeOptions): Intake {
  const nextId = eventIds(clock);
  const sequences = openSequences(journal.read);
  const owedGaps = new Set<PanelGap>();
  /** The newest state per zone and type that is on its way into the journal, where the reader cannot see it yet. */
  const flying = new Map<string, { readonly kind: 'alarm.raised' | 'alarm.restored' }>();

  const record = async (event: DomainEvent, pace?: 'unhurried'): Promise<Recorded> => {
    const recorded = await journal.record(event, kept(event) ? [] : recipients(event), pace);
    if (!recorded.repeated) watch.note(recorded.entry);
    return recorded;
  };
  const watch = openAlarmWatch({ read: journal.read, record, nextId, clock, log });
  const judgement = openJudgement({ read: journal.read, log });

  const guard = new FloodGuard();

  const recordJudged = async (event: AlarmRaised): Promise<Recorded> => {
    const judged = judgement.of(event, inventory.current());
    let recorded: Recorded | undefined;
    try {
      recorded = await record(judged);
      return recorded;
    } finally {
      judgement.settled(judged, recorded);
    }
  };

  /** What a device said. One of too many is stored, without pictures of its own, and told as a count. */
  const recordSaid = async (event: AlarmRaised | AlarmRestored): Promise<Recorded> => {
    const raised = event.kind === 'alarm.raised';
    if (guard.passes(event, clock.monotonic())) return raised ? recordJudged(event) : record(event);
    const { evidence: _, ...bare } = raised ? event : { ...event, evidence: undefined };
    const recorded = await record({ withheld: true, ...bare });
    if (!recorded.repeated) guard.withheld(event);
    return recorded;
  };

  const twoPersonClosing = () => inventory.current().campus.practice?.twoPersonClosing ?? true;
  const desk = openAlarmDesk({ read: journal.read, record, nextId, clock, twoPersonClosing });

  const recordGap = async (gap: PanelGap): Promise<void> => {
    owedGaps.delete(gap);
    try {
      await record(gap);
    } catch (error) {
      if (owedGaps.size < owedLimit) owedGaps.add(gap);
      throw error;
    }
  };

  const noteSequence = (report: Report, receivedAt: Instant): Promise<void> | undefined => {
    if (!('sequence' in report) || report.sequence === undefined) return undefined;
    const panel = report.device as PanelId;
    const gap = sequences.note(panel, report.sequence);
    if (!gap) return undefined;
    log.warn('panel messages missing', { panel, ...gap });
    requestSync(panel);
    return recordGap({ kind: 'panel.gap', id: nextId(), campus: inventory.current().campus.id, receivedAt, clockTrust: 'none', panel, ...gap });
  };

  const recordZone = async (said: ZoneReport, arrival: Arrival): Promise<IntakeResult> => {
    const ruled = underRules(said, arrival.inventory);
    const { report } = ruled;
    const panel = report.device as PanelId;
    const { zone, type } = report;
    const key = `${panel}|${zone}|${type}`;
    const state = { kind: report.state === 'restored' || report.state === 'quiet' ? 'alarm.restored' : 'alarm.raised' } as const;
    if (report.state === 'still' || report.state === 'quiet') {
      const last = flying.get(key)?.kind ?? journal.read.lastZoneEvent(panel, zone, type)?.event.kind;
      if ((last ?? 'alarm.restored') === state.kind) return { kind: 'nothing', why: 'known' };
    }
    flying.set(key, state);
    try {
      return { kind: 'recorded', ...(await recordSaid(zoneEvent(state.kind, ruled, arrival))) };
    } finally {
      if (flying.get(key) === state) flying.delete(key);
    }
  };

  const recordArming = async (report: ArmingReport, arrival: Arrival): Promise<IntakeResult> => {
    const event = armingEvent(report, arrival);
    const recorded = await record(event);
    if (!recorded.repeated) judgement.armed(event);
    return { kind: 'recorded', ...recorded };
  };

  const recordReport = async (report: Report, receivedAt: Instant, protocol: string, carriage?: Carriage): Promise<IntakeResult> => {
    const arrival = (): Arrival => ({
      id: nextId(),
      inventory: inventory.current(),
      receivedAt,
      protocol,
      evidence: keepsEvidence,
      ...(carriage ? { carriage } : {}),
    });
    switch (report.kind) {
      case 'zone':
        return recordZone(report, arrival());
      case 'arming':
        return recordArming(report, arrival());
      case 'alive': {
        if (!report.test) return { kind: 'nothing', why: 'no-event' };
        const told = report.sequence === undefined ? {} : { sequence: report.sequence };
        return { kind: 'recorded', ...(await record({ kind: 'panel.tested', ...stamp(), receivedAt, panel: report.device as PanelId, ...told })) };
      }
      case 'trouble':
      case 'learned':
      case 'response':
        return { kind: 'nothing', why: 'no-event' };
    }
  };

  /** Of what the gateway itself decides now. */
  const stamp = () => ({ id: nextId(), campus: inventory.current().campus.id, receivedAt: clock.now(), clockTrust: 'none' as const });
  const cameraEvents = openCameraEvents({ read: journal.read, inventory, record: recordSaid, nextId, flying, keepsEvidence });

  const find = <Kind extends DomainEvent['kind']>(id: EventId, kind: Kind): Extract<DomainEvent, { kind: Kind }> => {
    const event = journal.read.find(id)?.event;
    if (event?.kind !== kind) throw new GatewayError('NOT_FOUND', `The journal holds no ${kind} event ${id}.`, { context: { event: id, kind } });
    return event as Extract<DomainEvent, { kind: Kind }>;
  };

  return {
    report: async (report, receivedAt, protocol, carriage) => {
      for (const gap of [...owedGaps]) recordGap(gap).catch(() => undefined); // stays owed; this report is not to blame
      // The gap goes in first and in the same turn: it is never younger than the event that showed it, and order in the zone is kept.
      const gap = noteSequence(report, receivedAt);
      const [gapRecorded, recorded] = await Promise.allSettled([gap, recordReport(report, receivedAt, protocol, carriage)]);
      if (recorded.status === 'rejected') {
        if ('sequence' in report && report.sequence) sequences.forget(report.device as PanelId, report.sequence.boot);
        throw recorded.reason;
      }
      if (gapRecorded.status === 'rejected') throw gapRecorded.reason;
      return recorded.value;
    },
    run: async (signal) => {
      const campus = () => inventory.current().campus.id;
      await Promise.all([watch.run(signal), tellFloods({ guard, record, nextId, campus, clock, log }, signal)]);
    },
    cameraEvent: cameraEvents,
    cameraGap: (gap) =>
      record({ kind: 'camera.gap', id: nextId(), campus: inventory.current().campus.id, receivedAt: clock.now(), clockTrust: 'none', ...gap }),
    take: desk.take,
    shown: (alarm, by, screen) => journal.receipt(alarm, { hop: 'shown', at: clock.now(), by: `${by}@${screen}` }),
    evidence: async (fact) => {
      const { campus } = find(fact.alarm, 'alarm.raised');
      await record({ ...fact, id: nextId(), campus, receivedAt: clock.now(), clockTrust: 'none' });
    },
    ordered: async (panel, command, mandate) => (await record(orderedEvent(panel, command, mandate, stamp()))).entry.event.id,
    ended: (ordered, panel, { id, op }, { outcome, words }) =>
      // Nobody waits to hear what became of a lamp.
      record(
        { kind: 'command.ended', ...stamp(), panel, command: id, op, ordered, outcome, sentence: words },
        op === 'received' ? 'unhurried' : undefined,
      ),
    testAlarm: async () => {
      const event: DomainEvent = { kind: 'test.sent', ...stamp(), test: true };
      if (recipients(event).length === 0) return false;
      await record(event);
      return true;
    },
    sessionLost: (broker, panels) => record({ kind: 'broker.gap', ...stamp(), broker, panels }),
    raiseFault: async ({ code, subject, sentence }) => {
      const event: DomainEvent = { kind: 'fault.raised', ...stamp(), fault: code, subject, sentence };
      return (await record(event)).entry.event.id;
    },
    clearFault: async (raised) => {
      const { campus, fault, subject } = find(raised, 'fault.raised');
      await record({ kind: 'fault.cleared', ...stamp(), campus, fault, subject, raised });
    },
  };
}

/**
 * The panels of the campus: who may sign in, what their messages mean, how they are, and the way back to them.
 *
 * A message that cannot be read is acknowledged (it would never become readable, and would stop everything behind it), logged, counted, and
 * shown as the trouble `communication` until the same topic is readable again; the panel is asked for its state, which fills in what it said.
 */
import type { AlarmType } from '../domain/alarm.ts';
import type { Panel } from '../domain/campus.ts';
import type { Mandate, PanelCommand, PanelCommandResult, PanelMessage, PanelOp } from '../domain/command.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { Carriage } from '../domain/event.ts';
import type { PanelStatus } from '../domain/health.ts';
import type { PanelId } from '../domain/ids.ts';
import type { PanelDialect, PanelDoor } from '../domain/panel-ports.ts';
import { probePayload } from '../domain/panel-trial.ts';
import type { Clock, InventoryReader, Logger } from '../domain/ports.ts';
import type { Report } from '../domain/report.ts';
import { type Instant, instant, type Millis, millis, seconds } from '../domain/time.ts';
import { mapperVersion } from './mapper-version.ts';
import { openPanelArmings } from './panel-armings.ts';
import { type CommandAudit, openPanelDesk } from './panel-desk.ts';
import { openPanelDoors } from './panel-doors.ts';
import { openReconciler } from './panel-reconciler.ts';
import { openPanelRoster } from './panel-roster.ts';
import { type Contact, openPanelStatuses, type PanelsBefore } from './panel-status.ts';

export interface PanelFleetOptions extends PanelsBefore {
  readonly inventory: InventoryReader;
  readonly dialects: ReadonlyMap<string, PanelDialect>;
  /** Resolves after the commit. */
  readonly intake: { report(report: Report, receivedAt: Instant, protocol: string, carriage?: Carriage): Promise<unknown> };
  /** A broker of the site forgot what it held for us. */
  readonly sessionLost: (broker: string, panels: number) => Promise<unknown>;
  /** Canonical types of the alarms of this zone that are raised and not restored; `of`: only that type is asked for. */
  readonly openAlarms: (panel: PanelId, zone: string, of?: AlarmType) => readonly AlarmType[];
  /** Keeps who ordered what of panels, why, and what became of it. */
  readonly audit: CommandAudit;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long an alarm that only a snapshot shows waits for its event. */
  readonly reconcileAfter?: Millis;
}

export interface PanelFleet extends Disposable {
  /** `protocol`: as events name it; MQTT unless told. */
  doorFor(intake: string, protocol?: string): PanelDoor;
  status(panel: PanelId): PanelStatus;
  statuses(): readonly PanelStatus[];
  changes(signal: AbortSignal): AsyncIterable<PanelStatus>;
  /** What this panel can be told. Throws NOT_FOUND. */
  orders(panel: PanelId): readonly PanelOp[];
  /** Resolves with what became of it. Throws NOT_FOUND, COMMAND_UNSUPPORTED, JOURNAL_UNAVAILABLE. */
  perform(panel: PanelId, command: PanelCommand, mandate: Mandate): Promise<PanelCommandResult>;
  requestSync(panel: PanelId): void;
  /** Messages that could not be read since the start. */
  unreadable(): number;
}

const complainEvery = seconds(10);

export function openPanelFleet({
  inventory,
  dialects,
  intake,
  openAlarms,
  audit,
  sessionLost,
  tested,
  armed,
  clock,
  log,
  reconcileAfter,
}: PanelFleetOptions): PanelFleet {
  const statuses = openPanelStatuses(clock, { tested, armed });
  const unreadableTopics = new Map<PanelId, Set<string>>();
  const complaints = new Map<PanelId, { at: Instant; unsaid: number }>();
  let unreadable = 0;
  let lastCopy = millis(Number.NEGATIVE_INFINITY);

  const armings = openPanelArmings(armed);
  const roster = openPanelRoster(inventory, dialects, log);
  const campus = () => inventory.current().campus.id;
  const desk = openPanelDesk({
    ...{ clock, log, audit },
    status: (panel) => statuses.of(panel.id),
    answers: (panel) => roster.dialectOf(panel).answers,
    encode: (panel, command) => roster.dialectOf(panel).encode(panel, campus(), command, statuses.contact(panel.id)),
    send: (panel, order, patient) => doors.send(panel.broker, order, patient),
  });
  const reconciler = openReconciler({
    clock,
    log,
    openAlarms,
    queued: (panel) => statuses.contact(panel).queued ?? 0,
    lastCopy: () => lastCopy,
    fillIn: (report) => intake.report(report, clock.now(), 'state'),
    ...(reconcileAfter === undefined ? {} : { wait: reconcileAfter }),
  });

  const complain = (panel: Panel, message: PanelMessage, error: unknown) => {
    unreadable += 1;
    unreadableTopics.set(panel.id, (unreadableTopics.get(panel.id) ?? new Set()).add(message.topic));
    statuses.trouble(panel.id, 'communication', undefined, true);
    desk.requestSync(panel);
    const now = clock.now();
    const last = complaints.get(panel.id);
    if (last && now >= last.at && now - last.at < complainEvery) {
      last.unsaid += 1;
      return;
    }
    complaints.set(panel.id, { at: now, unsaid: 0 });
    log.warn('panel message unreadable', { panel: panel.id, error, unsaid: last?.unsaid ?? 0 });
  };

  const readable = (panel: Panel, topic: string) => {
    const topics = unreadableTopics.get(panel.id);
    if (!topics?.delete(topic) || topics.size > 0) return;
    unreadableTopics.delete(panel.id);
    statuses.trouble(panel.id, 'communication', undefined, false);
  };

  const decode = (panel: Panel, message: PanelMessage, known?: Partial<PanelMessage>) => {
    const heard = withContact(message, statuses.contact(panel.id));
    return roster.dialectOf(panel).decode(panel, known ? { ...heard, ...known } : heard);
  };

  /** Of a state that tells of an alarm: it is not to be believed yet (panel-reconciler.ts). */
  const waits = (panel: Panel, report: ZoneReport, message: PanelMessage): boolean => {
    if (report.state !== 'still' || report.sequence !== undefined) return false;
    if (report.snapshot !== undefined) return true;
    return message.retained && meantBy(decode(panel, message, { disarmed: true }), report) === undefined;
  };

  /** What of a message the intake must journal or count. Everything else is status. */
  const owed = (panel: Panel, report: Report, message: PanelMessage): boolean => {
    const { retained } = message;
    if (report.kind === 'zone') {
      if (waits(panel, report, message)) {
        const anew = () => (report.snapshot === undefined ? meantBy(decode(panel, message), report) : report);
        reconciler.shows(panel.id, report, anew);
        return false;
      }
      reconciler.explained(panel.id, report);
      return true;
    }
    if (report.sequence !== undefined || (report.kind === 'alive' && report.test && !retained)) return true;
    return report.kind === 'arming' && armings.news(panel.id, report);
  };

  const receive = async (panel: Panel, protocol: string, message: PanelMessage): Promise<void> => {
    const { receivedAt, retained } = message;
    if (isProbe(message.payload)) return;
    if (retained) lastCopy = clock.monotonic();
    let reports: readonly Report[];
    try {
      reports = decode(panel, message);
    } catch (error) {
      if (!isGatewayError(error, 'PANEL_MESSAGE')) throw error;
      if (!retained) statuses.heard(panel.id, receivedAt);
      complain(panel, message, error);
      return;
    }
    readable(panel, message.topic);
    // A last will is the broker speaking, of a panel that no longer does.
    const will = reports.some((report) => report.kind === 'alive' && !report.online);
    if (!retained && !will) statuses.heard(panel.id, receivedAt);
    const { topic, qos, duplicate } = message;
    const carriage: Carriage = { topic, qos, retained, duplicate, mapperVersion: mapperVersion(panel) };
    const commits: Promise<unknown>[] = [];
    for (const report of reports) {
      const journal = owed(panel, report, message);
      statuses.note(panel.id, report, { receivedAt, retained });
      if (!retained) desk.heard(panel, report);
      if (report.kind === 'alive' && report.missing) desk.requestSync(panel);
      const dated = report.kind === 'arming' ? armings.dated(panel.id, report, { old: retained || message.kept === true }) : report;
      if (!journal) continue;
      // Asked in order and in one turn: the journal keeps that order, and one commit covers them all.
      const commit = intake.report(dated, receivedAt, protocol, carriage);
      commits.push(dated.kind === 'arming' ? armings.committing(panel.id, dated, commit) : commit);
    }
    await Promise.all(commits);
  };

  const doors = openPanelDoors({
    ...{ roster, receive, clock, log },
    session: (panel, state) => statuses.session(panel, state),
    lost: (all, broker) => {
      for (const panel of all) desk.requestSync(panel);
      sessionLost(broker, all.length).catch((error: unknown) => log.error('gap not journalled', { broker, error }));
    },
  });

  const found = (id: PanelId): Panel => {
    const panel = roster.find(id);
    if (panel) return panel;
    throw new GatewayError('NOT_FOUND', `There is no enabled panel ${id}.`, { context: { panel: id } });
  };

  return {
    doorFor: doors.doorFor,
    status: (panel) => {
      const siteBroker = doors.site(roster.find(panel)?.broker ?? '');
      return { ...statuses.of(panel), ...(siteBroker === undefined ? {} : { siteBroker }) };
    },
    statuses: () => {
      const ids = inventory.current().panels.map(({ id }) => id);
      statuses.keep(new Set(ids));
      return ids.map((id) => statuses.of(id));
    },
    changes: (signal) => statuses.changes(signal),
    orders: (id) => {
      const panel = found(id);
      return roster.dialectOf(panel).orders(panel);
    },
    perform: async (id, command, mandate) => desk.perform(found(id), command, mandate),
    requestSync: (id) => {
      const panel = roster.find(id);
      if (panel && dialects.has(panel.dialect)) desk.requestSync(panel);
    },
    unreadable: () => unreadable,
    [Symbol.dispose]: () => reconciler.close(),
  };
}

type ZoneReport = Extract<Report, { kind: 'zone' }>;

/** What stands for this report among those. */
function meantBy(reports: readonly Report[], { zone, type }: ZoneReport): ZoneReport | undefined {
  return reports.find((report): report is ZoneReport => report.kind === 'zone' && report.zone === zone && report.type === type);
}

const probe = Buffer.from(probePayload);

function isProbe(payload: Uint8Array): boolean {
  return payload.byteLength === probe.byteLength && probe.equals(payload);
}

/**
 * The later of the two connections counts: the panel's to its broker, and ours to that broker. Not ours where it is known what waited for us there: of a panel
 * whose clock is an hour slow, all that is said in the minute after would be older than it.
 */
function withContact(message: PanelMessage, contact: Readonly<Contact>): PanelMessage {
  const { connectedAt: ours, ...rest } = message;
  const since = Math.max((message.kept === false ? undefined : ours) ?? 0, contact.connectedAt ?? 0);
  return { ...rest, ...contact, ...(since > 0 ? { connectedAt: instant(since) } : {}) };
}

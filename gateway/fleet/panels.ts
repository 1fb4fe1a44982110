/**
 * The panels of the campus: who may sign in, what their messages mean, how they are, and the way back to them.
 *
 * A message that cannot be read is acknowledged (it would never become readable, and would stop everything behind it), logged, counted, and
 * shown as the trouble `communication` until the same topic is readable again; the panel is asked for its state, which fills in what it said.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AlarmType } from '../domain/alarm.ts';
import type { Panel } from '../domain/campus.ts';
import type { CommandResult, PanelCommand, PanelMessage, PanelOrder } from '../domain/command.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { Carriage } from '../domain/event.ts';
import type { PanelStatus } from '../domain/health.ts';
import type { PanelId } from '../domain/ids.ts';
import type { Clock, InventoryReader, Logger, PanelDialect, PanelDoor, PanelGrant } from '../domain/ports.ts';
import type { Report } from '../domain/report.ts';
import { type Instant, instant, type Millis, seconds } from '../domain/time.ts';
import { matches } from '../domain/topic-filter.ts';
import { Mailbox } from '../runtime/mailbox.ts';
import { mapperVersion } from './mapper-version.ts';
import { openPanelDesk } from './panel-desk.ts';
import { openReconciler } from './panel-reconciler.ts';
import { type Contact, openPanelStatuses } from './panel-status.ts';

export interface PanelFleetOptions {
  readonly inventory: InventoryReader;
  readonly dialects: ReadonlyMap<string, PanelDialect>;
  /** Resolves after the commit. */
  readonly intake: { report(report: Report, receivedAt: Instant, protocol: string, carriage?: Carriage): Promise<unknown> };
  /** Canonical types of the alarms of this zone that are raised and not restored. */
  readonly openAlarms: (panel: PanelId, zone: string) => readonly AlarmType[];
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
  /** Resolves with the panel's answer, or why there is none. Throws NOT_FOUND, COMMAND_UNSUPPORTED. */
  perform(panel: PanelId, command: PanelCommand): Promise<CommandResult>;
  requestSync(panel: PanelId): void;
  /** Messages that could not be read since the start. */
  unreadable(): number;
}

const complainEvery = seconds(10);

export function openPanelFleet({ inventory, dialects, intake, openAlarms, clock, log, reconcileAfter }: PanelFleetOptions): PanelFleet {
  const statuses = openPanelStatuses(clock);
  const orders = new Map<string, Mailbox<PanelOrder>>();
  const unreadableTopics = new Map<PanelId, Set<string>>();
  const complaints = new Map<PanelId, { at: Instant; unsaid: number }>();
  let unreadable = 0;

  const campus = () => inventory.current().campus.id;
  const find = (id: PanelId) => inventory.current().panels.find((panel) => panel.id === id && panel.enabled);
  const dialectOf = (panel: Panel): PanelDialect => {
    const dialect = dialects.get(panel.dialect);
    if (dialect) return dialect;
    throw new GatewayError('INVENTORY_INVALID', `Panel ${panel.id} speaks "${panel.dialect}", which no dialect of this gateway reads.`, {
      context: { panel: panel.id, dialect: panel.dialect },
    });
  };

  const desk = openPanelDesk({
    clock,
    status: (panel) => statuses.of(panel.id),
    send: (panel, command) => {
      const mailbox = orders.get(panel.broker);
      const toSend = dialectOf(panel).encode(panel, campus(), command);
      return mailbox !== undefined && toSend.every((order) => mailbox.push(order));
    },
  });
  const reconciler = openReconciler({
    clock,
    log,
    openAlarms,
    queued: (panel) => statuses.contact(panel).queued ?? 0,
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

  /** What of a message the intake must journal or count. Everything else is status. */
  const owed = (panel: Panel, report: Report): boolean => {
    if (report.kind === 'zone') {
      // A copy that was kept somewhere may be explained by an event that is on its way; what a panel says now stands by itself.
      if (report.sequence === undefined && report.state === 'still' && report.historical) {
        reconciler.shows(panel.id, report);
        return false;
      }
      reconciler.explained(panel.id, report.zone);
      return true;
    }
    if (report.sequence !== undefined) return true;
    // A snapshot's arming is an event only where it contradicts what we knew; the first one after a start is how we learn it.
    const known = report.kind === 'arming' ? statuses.of(panel.id).armed[report.partition] : undefined;
    return report.kind === 'arming' && known !== undefined && known !== report.mode;
  };

  const receive = async (panel: Panel, protocol: string, message: PanelMessage): Promise<void> => {
    const { receivedAt, retained } = message;
    let reports: readonly Report[];
    try {
      reports = dialectOf(panel).decode(panel, withContact(message, statuses.contact(panel.id)));
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
      const journal = owed(panel, report);
      statuses.note(panel.id, report, { receivedAt, retained });
      if (report.kind === 'response') desk.answered(panel, report);
      // Asked in order and in one turn: the journal keeps that order, and one commit covers them all.
      if (journal) commits.push(intake.report(report, receivedAt, protocol, carriage));
    }
    await Promise.all(commits);
  };

  const misfits = new WeakSet<Panel>();
  /** None for a panel whose settings do not fit its dialect: the others must not suffer for it. */
  const grantOf = (panel: Panel): readonly PanelGrant[] => {
    const dialect = dialectOf(panel);
    const { retainedEvents } = dialect;
    try {
      return [{ panel, prefix: dialect.prefix(panel, campus()), topics: dialect.topics(panel, campus()), retainedEvents }];
    } catch (error) {
      if (!isGatewayError(error, 'INVENTORY_INVALID')) throw error;
      if (!misfits.has(panel)) log.error('panel settings unusable', { panel: panel.id, error });
      misfits.add(panel);
      return [];
    }
  };

  const speaksOn = (panel: Panel, topic: string): boolean => {
    const dialect = dialectOf(panel);
    return topic.startsWith(dialect.prefix(panel, campus())) || dialect.topics(panel, campus()).some((filter) => matches(filter, topic));
  };

  const doorFor = (name: string, protocol = name === 'embedded' ? 'mqtt' : `mqtt:${name}`): PanelDoor => {
    const outgoing = orders.get(name) ?? new Mailbox<PanelOrder>(1_000);
    orders.set(name, outgoing);
    const mine = () => inventory.current().panels.filter((panel) => panel.enabled && panel.broker === name && dialects.has(panel.dialect));
    return {
      authenticate(username, password) {
        const panel = mine().find(({ id }) => id === username);
        const given = createHash('sha256').update(password).digest();
        const kept = Buffer.from(panel?.passwordSha256 ?? '', 'hex');
        // Compared also for a name that nobody has, so that the time taken tells nothing.
        const same = timingSafeEqual(given, kept.length === given.length ? kept : Buffer.alloc(given.length));
        return same && kept.length === given.length ? panel : undefined;
      },
      panels: () => mine().flatMap(grantOf),
      async receive(id, message) {
        const panel = mine().find((each) => each.id === id);
        if (!panel || !speaksOn(panel, message.topic)) {
          throw new GatewayError('PANEL_FORBIDDEN', `Panel ${id} may not speak on ${message.topic.slice(0, 200)} of ${name}.`, {
            context: { panel: id, broker: name },
          });
        }
        await receive(panel, protocol, message);
      },
      session(id, state, reason) {
        log.info('panel session changed', { panel: id, state, reason });
        statuses.session(id, state);
      },
      sessionLost() {
        log.warn('broker session lost', { broker: name });
        for (const panel of mine()) desk.requestSync(panel);
      },
      orders: (signal) => outgoing.take(signal),
    };
  };

  return {
    doorFor,
    status: (panel) => statuses.of(panel),
    statuses: () => {
      const ids = inventory.current().panels.map(({ id }) => id);
      statuses.keep(new Set(ids));
      return ids.map((id) => statuses.of(id));
    },
    changes: (signal) => statuses.changes(signal),
    async perform(id, command) {
      const panel = find(id);
      if (!panel) throw new GatewayError('NOT_FOUND', `There is no enabled panel ${id}.`, { context: { panel: id } });
      return desk.perform(panel, command);
    },
    requestSync: (id) => {
      const panel = find(id);
      if (panel && dialects.has(panel.dialect)) desk.requestSync(panel);
    },
    unreadable: () => unreadable,
    [Symbol.dispose]: () => reconciler.close(),
  };
}

/** The later of the two connections counts: the panel's to its broker, and ours to that broker. */
function withContact(message: PanelMessage, contact: Readonly<Contact>): PanelMessage {
  const since = Math.max(message.connectedAt ?? 0, contact.connectedAt ?? 0);
  return { ...message, ...contact, ...(since > 0 ? { connectedAt: instant(since) } : {}) };
}

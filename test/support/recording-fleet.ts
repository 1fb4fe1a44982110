/** The fleet of panels over an intake and an audit that are lists: what was reported, what was ordered, and what became of it. */
import type { AlarmType } from '../../gateway/domain/alarm.ts';
import type { Panel } from '../../gateway/domain/campus.ts';
import type { Mandate, PanelCommand, PanelCommandResult } from '../../gateway/domain/command.ts';
import type { EventId } from '../../gateway/domain/ids.ts';
import type { PanelDialect } from '../../gateway/domain/panel-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import type { Report } from '../../gateway/domain/report.ts';
import type { Instant, Millis } from '../../gateway/domain/time.ts';
import { openPanelFleet, type PanelFleet, type PanelFleetOptions } from '../../gateway/fleet/panels.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { inventoryOf, type LogLine, logInto } from './panels.ts';

export interface RecordingFleet extends Disposable {
  readonly fleet: PanelFleet;
  readonly inventory: ReturnType<typeof inventoryOf>;
  readonly reports: Report[];
  readonly protocols: Set<string>;
  readonly lines: LogLine[];
  /** `arm by principal: end of lessons`, and behind it `arm accepted`. */
  readonly audit: string[];
  /** What the intake does with a report before it is committed. */
  commit: (report: Report, receivedAt: Instant) => Promise<unknown>;
  /** Likewise the audit with a command. */
  commitOrder: (command: PanelCommand) => Promise<unknown>;
  openAlarms: readonly AlarmType[];
}

export interface RecordingOptions {
  readonly panels: readonly Panel[];
  readonly dialects: readonly PanelDialect[];
  readonly clock?: Clock;
  readonly reconcileAfter?: Millis;
  /** As the journal has it from before. */
  readonly armed?: PanelFleetOptions['armed'];
}

export function recordingFleet({ panels, dialects, clock = systemClock, reconcileAfter, armed = new Map() }: RecordingOptions): RecordingFleet {
  const inventory = inventoryOf(panels);
  const kept = { reports: [] as Report[], protocols: new Set<string>(), lines: [] as LogLine[], audit: [] as string[] };
  const fleet = openPanelFleet({
    inventory,
    dialects: new Map(dialects.map((dialect) => [dialect.name, dialect])),
    intake: {
      report: async (report, receivedAt, protocol) => {
        await recording.commit(report, receivedAt);
        kept.reports.push(report);
        kept.protocols.add(protocol);
      },
    },
    audit: {
      ordered: async (_panel, command, { by, reason }) => {
        await recording.commitOrder(command);
        kept.audit.push(`${command.op} by ${by === 'gateway' ? by : 'user' in by ? by.user : by.uplink}: ${reason}`);
        return command.id as EventId;
      },
      ended: async (_ordered, _panel, { op }, { outcome }: PanelCommandResult) => kept.audit.push(`${op} ${outcome}`),
    },
    sessionLost: async (broker, panels) => kept.audit.push(`${broker} forgot what ${panels} panels said`),
    tested: new Map(),
    armed,
    openAlarms: () => recording.openAlarms,
    clock,
    log: logInto(kept.lines),
    ...(reconcileAfter === undefined ? {} : { reconcileAfter }),
  });
  const recording: RecordingFleet = {
    ...{ fleet, inventory, ...kept },
    commit: async () => undefined,
    commitOrder: async () => undefined,
    openAlarms: [],
    [Symbol.dispose]: () => fleet[Symbol.dispose](),
  };
  return recording;
}

export const principal: Mandate = { by: { user: 'principal' as never }, reason: 'end of lessons' };

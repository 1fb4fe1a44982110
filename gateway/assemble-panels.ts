/** Part of the composition root: the fleet of panels with all that hangs on it. */
import { panelDialects } from '../adapters/index.ts';
import { sendTestAlarms } from './delivery/test-alarms.ts';
import type { Delivery } from './domain/delivery.ts';
import type { Clock, InventoryReader, Journal, Logger } from './domain/ports.ts';
import { panelReceipts } from './fleet/panel-receipts.ts';
import { openPanelFleet, type PanelFleet } from './fleet/panels.ts';
import type { HealthContext } from './health/check.ts';
import type { FleetReader } from './http/ports.ts';
import type { Intake } from './intake/intake.ts';

export interface PanelParts {
  readonly inventory: InventoryReader;
  readonly journal: Pick<Journal, 'read'>;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Panels extends PanelFleet {
  /** The hourly test alarm, until aborted. */
  sendTestAlarms(signal: AbortSignal): Promise<void>;
  readonly forHealth: Pick<HealthContext, 'panelStatus' | 'lastAlarmOf' | 'testAlarm'>;
  /** A platform has accepted this. Must not throw. */
  accepted(delivery: Delivery): void;
  readonly forPages: Pick<FleetReader, 'panelStatus' | 'orders' | 'command'>;
}

export function openPanels({ inventory, journal, intake, clock, log }: PanelParts): Panels {
  const fleet = openPanelFleet({
    ...{ inventory, intake, audit: intake, clock, log },
    dialects: new Map(panelDialects.map((dialect) => [dialect.name, dialect])),
    sessionLost: intake.sessionLost,
    tested: journal.read.panelTests(),
    armed: journal.read.armedBefore(),
    openAlarms: (panel, zone, of) => journal.read.raisedTypes(panel, zone, of),
  });
  const { orders, perform } = fleet;
  const tell = panelReceipts({ find: (event) => journal.read.find(event)?.event, orders, perform, clock, log });
  return {
    ...fleet,
    accepted: ({ kind, event }) => {
      if (kind === 'alarm.raised') tell(event);
    },
    sendTestAlarms: (signal) => sendTestAlarms({ last: () => journal.read.lastTestAlarm()?.at, send: () => intake.testAlarm(), clock, log }, signal),
    forHealth: {
      panelStatus: (panel) => fleet.status(panel),
      lastAlarmOf: (panel) => journal.read.lastAlarmOf(panel),
      testAlarm: (uplink) => journal.read.lastTestAlarm(uplink),
    },
    forPages: { panelStatus: (panel) => fleet.status(panel), orders, command: perform },
    [Symbol.dispose]: () => fleet[Symbol.dispose](),
  };
}

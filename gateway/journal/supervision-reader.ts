/** What supervision asks of the journal: it is the only memory that survives a restart. */
import type { Database } from 'better-sqlite3';
import type { DeliveryState } from '../domain/delivery.ts';
import type { PanelId, UplinkId } from '../domain/ids.ts';
import type { SupervisionReader } from '../domain/ports.ts';
import type { ArmMode } from '../domain/report.ts';
import { instant } from '../domain/time.ts';

export function openSupervisionReader(database: Database): SupervisionReader {
  const newestTest = database.prepare<[], { position: number; at: number }>(
    "SELECT position, body ->> '$.receivedAt' AS at FROM event WHERE kind = 'test.sent' ORDER BY position DESC LIMIT 1",
  );
  const owed = database.prepare<[number, string], { state: DeliveryState }>('SELECT state FROM delivery WHERE position = ? AND uplink = ?');
  const tested = database.prepare<[], { panel: PanelId; at: number }>(
    "SELECT panel, body ->> '$.receivedAt' AS at, max(position) FROM event WHERE kind = 'panel.tested' GROUP BY panel",
  );
  const armings = database.prepare<[], { panel: PanelId; partition: string; mode: ArmMode }>(
    `SELECT panel, body ->> '$.partition' AS partition, body ->> '$.mode' AS mode, max(position)
     FROM event WHERE kind = 'arming.changed' GROUP BY panel, partition`,
  );
  const lastOfPanel = database.prepare<[string], { at: number }>(
    "SELECT body ->> '$.receivedAt' AS at FROM event WHERE position = (SELECT max(position) FROM event WHERE panel = ? AND zone IS NOT NULL)",
  );
  return {
    lastTestAlarm: (uplink?: UplinkId) => {
      const test = newestTest.get();
      if (!test) return undefined;
      const state = uplink === undefined ? undefined : owed.get(test.position, uplink)?.state;
      return { at: instant(test.at), ...(state === undefined ? {} : { state }) };
    },
    panelTests: () => new Map(tested.all().map(({ panel, at }) => [panel, instant(at)])),
    armedBefore: () => {
      const armed = new Map<PanelId, Map<string, ArmMode>>();
      for (const { panel, partition, mode } of armings.all()) armed.set(panel, (armed.get(panel) ?? new Map()).set(partition, mode));
      return armed;
    },
    lastAlarmOf: (panel) => {
      const last = lastOfPanel.get(panel);
      return last && instant(last.at);
    },
  };
}

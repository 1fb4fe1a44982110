/**
 * Alarms that a snapshot shows but no event told. They wait a moment: a panel that comes back tells its state first and its queue after,
 * and the event itself, with its time and count, is better than our filling-in. What no event explains in time is reported as `still`.
 */
import type { AlarmType } from '../domain/alarm.ts';
import type { PanelId } from '../domain/ids.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import type { Report } from '../domain/report.ts';
import { type Millis, seconds } from '../domain/time.ts';

type ZoneReport = Extract<Report, { kind: 'zone' }>;

export interface ReconcilerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Canonical types of the alarms of this zone that are raised and not restored. */
  readonly openAlarms: (panel: PanelId, zone: string) => readonly AlarmType[];
  /** How many messages the panel still holds. */
  readonly queued: (panel: PanelId) => number;
  readonly fillIn: (report: ZoneReport) => Promise<unknown>;
  readonly wait?: Millis;
}

export interface Reconciler {
  /** The snapshot shows this zone in alarm. */
  shows(panel: PanelId, report: ZoneReport): void;
  /** An event of this zone came: it explains the snapshot. */
  explained(panel: PanelId, zone: string): void;
  close(): void;
}

/** Long enough for a queue to begin, short enough for a person in need. */
const usualWait = seconds(5);

export function openReconciler({ clock, log, openAlarms, queued, fillIn, wait = usualWait }: ReconcilerOptions): Reconciler {
  const pending = new Map<string, AbortController>();
  const keyOf = (panel: PanelId, zone: string) => `${panel}|${zone}`;

  const fill = async (panel: PanelId, report: ZoneReport, signal: AbortSignal): Promise<void> => {
    do await clock.sleep(wait, signal);
    while (queued(panel) > 0);
    // Any open alarm of the zone will do: a snapshot may not say which type stands.
    if (openAlarms(panel, report.zone).length > 0) return;
    log.warn('alarm known from state only', { panel, zone: report.zone, type: report.type });
    await fillIn(report);
  };

  return {
    shows(panel, report) {
      const key = keyOf(panel, report.zone);
      if (pending.has(key) || openAlarms(panel, report.zone).length > 0) return;
      const life = new AbortController();
      pending.set(key, life);
      fill(panel, report, life.signal)
        .catch((error) => {
          // Aborted: explained by an event. Otherwise it was not journalled, and the next snapshot shows it again.
          if (!life.signal.aborted) log.error('alarm from state not recorded', { panel, zone: report.zone, error });
        })
        .finally(() => {
          if (pending.get(key) === life) pending.delete(key);
        });
    },
    explained(panel, zone) {
      const key = keyOf(panel, zone);
      pending.get(key)?.abort();
      pending.delete(key);
    },
    close() {
      for (const life of pending.values()) life.abort();
      pending.clear();
    },
  };
}

/**
 * Alarms of which only a state tells, and that wait a moment before they are reported as `still`. Those of a snapshot beside which events come: a panel that
 * comes back tells its state first and its queue after, and the event itself, with its time and count, is better than our filling-in. And copies that a
 * broker kept, where it hangs on the arming whether they are alarms: the copy of that comes among them, in any order.
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
  /** Canonical types of the alarms of this zone that are raised and not restored; `of`: only that type is asked for. */
  readonly openAlarms: (panel: PanelId, zone: string, of?: AlarmType) => readonly AlarmType[];
  /** How many messages the panel still holds. */
  readonly queued: (panel: PanelId) => number;
  /** When a copy that a broker kept last came, of any panel; monotonic. */
  readonly lastCopy: () => Millis;
  readonly fillIn: (report: ZoneReport) => Promise<unknown>;
  readonly wait?: Millis;
}

export interface Reconciler {
  /** A state shows this. `anew`: what it means by what is known later; undefined: no alarm. */
  shows(panel: PanelId, report: ZoneReport, anew: () => ZoneReport | undefined): void;
  /** This came meanwhile. */
  explained(panel: PanelId, report: ZoneReport): void;
  close(): void;
}

/** Long enough for a queue to begin, short enough for a person in need. */
const usualWait = seconds(5);

interface Pending {
  readonly panel: PanelId;
  readonly report: ZoneReport;
  readonly life: AbortController;
}

export function openReconciler({ clock, log, openAlarms, queued, lastCopy, fillIn, wait = usualWait }: ReconcilerOptions): Reconciler {
  const pending = new Map<string, Pending>();
  const keyOf = (panel: PanelId, { zone, type }: ZoneReport) => `${panel}|${zone}|${type}`;

  const told = (panel: PanelId, { zone, type, snapshot }: ZoneReport): boolean => {
    if (snapshot === 'of-any-type') return openAlarms(panel, zone).length > 0;
    return openAlarms(panel, zone, type).includes(type);
  };

  const fill = async (panel: PanelId, { snapshot }: ZoneReport, anew: () => ZoneReport | undefined, signal: AbortSignal): Promise<void> => {
    // Thousands of copies take their time on a busy box, and the arming that decides may be the last. A snapshot waits for none of them.
    do await clock.sleep(wait, signal);
    while (queued(panel) > 0 || (snapshot === undefined && clock.monotonic() - lastCopy() < wait / 2));
    const report = anew();
    if (report === undefined || told(panel, report)) return;
    log.warn('alarm known from state only', { panel, zone: report.zone, type: report.type });
    await fillIn(report);
  };

  return {
    shows(panel, report, anew) {
      const key = keyOf(panel, report);
      if (pending.has(key) || told(panel, report)) return;
      const life = new AbortController();
      pending.set(key, { panel, report, life });
      fill(panel, report, anew, life.signal)
        .catch((error) => {
          // Aborted: explained by an event. Otherwise it was not journalled, and the next snapshot shows it again.
          if (!life.signal.aborted) log.error('alarm from state not recorded', { panel, zone: report.zone, error });
        })
        .finally(() => {
          if (pending.get(key)?.life === life) pending.delete(key);
        });
    },
    explained(panel, report) {
      for (const [key, one] of pending) {
        const { zone, type, snapshot } = one.report;
        if (one.panel !== panel || zone !== report.zone || (type !== report.type && snapshot !== 'of-any-type')) continue;
        one.life.abort();
        pending.delete(key);
      }
    },
    close() {
      for (const { life } of pending.values()) life.abort();
      pending.clear();
    },
  };
}

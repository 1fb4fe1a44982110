/** How each partition is armed by what the journal holds. A panel says so again and again, and after each of our starts: an event it is where it is another. */
import type { PanelId } from '../domain/ids.ts';
import type { ArmMode, Report } from '../domain/report.ts';

type ArmingReport = Extract<Report, { kind: 'arming' }>;

export interface PanelArmings {
  /** Whether the journal must have it: told by a count of its own, or another than it was. The first that is ever heard of a partition is, too. */
  news(panel: PanelId, report: ArmingReport): boolean;
  /** As it is journalled: the first that is heard since our start may be of any time before, unless the panel counts it. */
  dated(panel: PanelId, report: ArmingReport, arrival: { readonly old: boolean }): ArmingReport;
  /** Notes it, unless it is not committed. */
  committing(panel: PanelId, report: ArmingReport, commit: Promise<unknown>): Promise<unknown>;
}

/** `before`: of the journal at our start. */
export function openPanelArmings(before: ReadonlyMap<PanelId, ReadonlyMap<string, ArmMode>>): PanelArmings {
  const armed = new Map([...before].map(([panel, partitions]) => [panel, new Map(partitions)]));
  const heard = new Set<string>();
  const of = (panel: PanelId): Map<string, ArmMode> => {
    const known = armed.get(panel) ?? new Map<string, ArmMode>();
    armed.set(panel, known);
    return known;
  };
  return {
    news: (panel, { partition, mode, sequence }) => sequence !== undefined || of(panel).get(partition) !== mode,
    dated(panel, report, { old }) {
      const key = `${panel}|${report.partition}`;
      const unheard = !heard.has(key);
      heard.add(key);
      if (report.sequence !== undefined) return report;
      const unknown = of(panel).get(report.partition) === undefined;
      return { ...report, ...(old || unheard ? { historical: true } : {}), ...(unknown ? { first: true } : {}) };
    },
    async committing(panel, { partition, mode }, commit) {
      const known = of(panel).get(partition);
      of(panel).set(partition, mode);
      try {
        return await commit;
      } catch (error) {
        if (of(panel).get(partition) === mode) {
          if (known === undefined) of(panel).delete(partition);
          else of(panel).set(partition, known);
        }
        throw error;
      }
    },
  };
}

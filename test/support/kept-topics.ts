/**
 * A school whose broker keeps the states of many devices in mixed dialects: what each topic says when all is well and when it is not, and what that means. The
 * payloads follow alarm-panels §1; what they mean is written down here a second time, not asked of the dialects.
 */
import type { Panel } from '../../gateway/domain/campus.ts';
import { panelId, zoneId } from '../../gateway/domain/ids.ts';
import { hours } from '../../gateway/domain/time.ts';
import { drafts } from './kept-dialects.ts';

/** Zone and canonical type. */
export type Meant = readonly [zone: string, type: string];

/** A topic that says one thing or the other. */
export interface KeptPoint {
  readonly panel: string;
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly says: readonly [calm: string, alarming: string];
  readonly means: readonly Meant[];
  /** How it says that a partition is armed; `ward` everywhere. */
  readonly arms?: readonly [calm: string, alarming: string];
  /** It tells of an alarm, but not of its end: that is an event (`campus`). */
  readonly endless?: true;
  /** The panel's snapshot is a copy by itself, whoever hands it in (`campus`). */
  readonly snapshot?: true;
}

/** A topic that always says the same. */
interface FixedTopic {
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly payload: string;
  /** A broker keeps it, and nobody tells it again. */
  readonly copy?: true;
}

export interface KeptPanel {
  readonly entry: Panel;
  /** Told before the points. */
  readonly fixed: readonly FixedTopic[];
  readonly points: readonly KeptPoint[];
  /** A press that is no state: its topic and payload, never kept by the broker, and what it means. */
  readonly press?: { readonly topic: string; readonly payload: string; readonly means: Meant };
}

/** Dialect after dialect until the broker keeps at least so many topics. `broker`: as the inventory names it. */
export function keptTopics(atLeast: number, broker: string): readonly KeptPanel[] {
  const panels: KeptPanel[] = [];
  for (let topics = 0, round = 1; topics < atLeast; round += 1) {
    for (const [dialect, { qos, make }] of Object.entries(drafts)) {
      const id = `${dialect}-${round}`;
      const { settings = {}, zones = {}, fixed = [], copies = [], points, press } = make(id);
      const entry: Panel = {
        ...{ id: panelId(id), name: id, dialect, broker, passwordSha256: '', settings, heartbeatEvery: hours(24), enabled: true, maintenance: false },
        zones: Object.entries(zones).map(([zone, type]) => ({ id: zoneId(zone), name: zone, channels: [], type })),
      };
      panels.push({
        entry,
        fixed: [
          ...fixed.map(([topic, payload]) => ({ topic, payload, qos })),
          ...copies.map(([topic, payload]) => ({ topic, payload, qos, copy: true as const })),
        ],
        points: points.map((point) => ({ qos, ...point, panel: id })),
        ...(press === undefined ? {} : { press }),
      });
      topics += fixed.length + copies.length + points.length;
    }
  }
  return panels;
}

export const topicsOf = (panels: readonly KeptPanel[]): number => panels.reduce((sum, { fixed, points }) => sum + fixed.length + points.length, 0);

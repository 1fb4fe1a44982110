/**
 * Keeps a chattering zone or panel from drowning the police side (alarm-panels §6): beyond a bucket of tokens its milder alarms are stored and not
 * sent one by one, but told as counts. Severity 1 and 2, panic and fire never pass through here.
 */
import { overtakes } from '../domain/alarm.ts';
import type { AlarmRaised, AlarmRestored, FloodedZone } from '../domain/event.ts';
import type { PanelId, ZoneId } from '../domain/ids.ts';
import type { Millis } from '../domain/time.ts';

type ZoneEvent = AlarmRaised | AlarmRestored;

/** Tokens, and how long it takes to fill an empty bucket. */
const buckets = { zone: { size: 5, fills: 60_000 }, panel: { size: 60, fills: 60_000 } } as const;
/** Buckets kept, and zones told of in one summary. */
const most = { buckets: 10_000, zones: 50 } as const;

interface Bucket {
  tokens: number;
  at: Millis;
}

export interface Flood {
  readonly panel: PanelId;
  readonly withheld: number;
  /** Those with the most; `withheld` counts all. */
  readonly zones: readonly FloodedZone[];
}

export class FloodGuard {
  readonly #buckets = new Map<string, Bucket>();
  #withheld = new Map<PanelId, Map<ZoneId, FloodedZone>>();

  /** `now`: of a clock that never jumps. */
  passes({ panel, zone, type, severity }: Pick<ZoneEvent, 'panel' | 'zone' | 'type' | 'severity'>, now: Millis): boolean {
    if (severity < 3 || overtakes(type)) return true;
    const ofZone = this.#bucket(`${panel}/${zone}`, buckets.zone, now);
    const ofPanel = this.#bucket(panel, buckets.panel, now);
    if (ofZone.tokens < 1 || ofPanel.tokens < 1) return false;
    ofZone.tokens -= 1;
    ofPanel.tokens -= 1;
    return true;
  }

  /** One was stored and not sent. */
  withheld({ panel, zone, zoneName, kind }: ZoneEvent): void {
    const zones = this.#withheld.get(panel) ?? new Map<ZoneId, FloodedZone>();
    this.#withheld.set(panel, zones);
    const before: FloodedZone = zones.get(zone) ?? { zone, zoneName, raised: 0, restored: 0, last: 'raised' };
    const raised = kind === 'alarm.raised';
    zones.set(zone, {
      ...before,
      raised: before.raised + (raised ? 1 : 0),
      restored: before.restored + (raised ? 0 : 1),
      last: raised ? 'raised' : 'restored',
    });
  }

  /** What was withheld since the last time, a flood per panel. */
  take(): readonly Flood[] {
    const taken = this.#withheld;
    this.#withheld = new Map();
    return [...taken].map(([panel, byZone]) => {
      const zones = [...byZone.values()].sort((a, b) => b.raised + b.restored - a.raised - a.restored);
      return { panel, withheld: zones.reduce((sum, { raised, restored }) => sum + raised + restored, 0), zones: zones.slice(0, most.zones) };
    });
  }

  #bucket(key: string, { size, fills }: { readonly size: number; readonly fills: number }, now: Millis): Bucket {
    const bucket = this.#buckets.get(key) ?? { tokens: size, at: now };
    bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) * size) / fills);
    bucket.at = now;
    // The one that was asked for longest ago is full again, or soon.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > most.buckets) this.#buckets.delete(this.#buckets.keys().next().value ?? key);
    return bucket;
  }
}

/** The channels that look at an alarm which nobody has acknowledged yet: viewing them outranks patrol viewing. */
import type { DomainEvent } from '../domain/event.ts';
import type { ChannelId, EventId } from '../domain/ids.ts';
import { between, type Instant, minutes } from '../domain/time.ts';

/** An alarm that nobody has acknowledged for this long no longer changes who may watch: a school without a wall never acknowledges any. */
const pressing = minutes(30);

export class AlarmedChannels {
  readonly #open = new Map<EventId, { readonly at: Instant; readonly channels: readonly ChannelId[] }>();
  #told: ReadonlySet<ChannelId> = new Set();

  has(channel: ChannelId): boolean {
    return this.#told.has(channel);
  }

  /** The channels, where the event or the time that went by has changed them; undefined where they are as before. */
  take(event: DomainEvent | undefined, now: Instant): readonly ChannelId[] | undefined {
    if (event?.kind === 'alarm.raised' && event.channels.length > 0) this.#open.set(event.id, { at: event.receivedAt, channels: event.channels });
    if (event?.kind === 'alarm.acknowledged') this.#open.delete(event.alarm);
    // In the order in which they were raised: the old ones come first.
    for (const [id, { at }] of this.#open) {
      if (between(at, now) <= pressing) break;
      this.#open.delete(id);
    }
    const channels = new Set<ChannelId>();
    for (const alarm of this.#open.values()) for (const channel of alarm.channels) channels.add(channel);
    if (channels.size === this.#told.size && [...channels].every((channel) => this.#told.has(channel))) return undefined;
    this.#told = channels;
    return [...channels];
  }
}

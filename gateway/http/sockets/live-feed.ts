/**
 * What every open page is told besides the journal: health when it changes, alarms whose delivery moves on, and the beat.
 * Computed once for all sockets, and only while there are any.
 */
import type { AlarmView, LiveMessage } from '../../domain/api.ts';
import type { JournalEntry } from '../../domain/event.ts';
import type { EventId } from '../../domain/ids.ts';
import { between, type Instant, isoOf, minutes, seconds } from '../../domain/time.ts';
import { linked } from '../../runtime/linked.ts';
import type { HttpParts } from '../ports.ts';
import { eventView as eventSchema } from '../schemas/events.ts';
import { alarmView, eventView } from '../views/alarm-view.ts';
import { deviceViews } from '../views/device-view.ts';
import { namesOf } from '../views/names.ts';
import { overviewOf } from '../views/overview.ts';

const beatEvery = seconds(2);
/** Changes of health within this time are told at once. */
const coalesce = seconds(0.25);
const receiptsEvery = seconds(0.5);
const watchedFor = minutes(10);
const mostWatched = 64;

interface Watched {
  readonly since: Instant;
  /** What the pages were last told of it. */
  told: string;
}

export class LiveFeed {
  readonly #parts: HttpParts;
  readonly #listeners = new Set<(text: string) => void>();
  readonly #watched = new Map<string, Watched>();
  /** The same entry goes to every page: rendered once. */
  readonly #rendered = new Map<number, { readonly text: string; readonly at: Instant }>();
  #health = '';

  constructor(parts: HttpParts) {
    this.#parts = parts;
  }

  /** Told every message that is not a journal entry; the returned function ends it. */
  listen(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The message for one journal entry, with the alarm as it now stands. */
  render(entry: JournalEntry): string {
    const { clock } = this.#parts;
    const now = clock.now();
    const known = this.#rendered.get(entry.position);
    if (known && between(known.at, now) < coalesce) return known.text;
    const id = this.#alarmOf(entry);
    const alarm = id && this.#alarm(id);
    if (alarm) this.#watch(alarm);
    const message: LiveMessage = { kind: 'event', entry: eventSchema.parse(eventView(entry)), ...(alarm ? { alarm } : {}) };
    const text = JSON.stringify(message);
    this.#rendered.set(entry.position, { text, at: now });
    for (const position of this.#rendered.keys()) {
      if (this.#rendered.size <= 100) break;
      this.#rendered.delete(position);
    }
    return text;
  }

  /** Something of this alarm has moved on: the pages are told with the next round, however long ago it was raised. */
  moved(id: EventId): void {
    this.#watched.set(id, { since: this.#parts.clock.now(), told: '' });
    this.#trim();
  }

  health(): string {
    const message: LiveMessage = {
      kind: 'health',
      overview: overviewOf(this.#parts),
      devices: deviceViews(this.#parts, this.#parts.telemetry.latest),
    };
    return JSON.stringify(message);
  }

  async run(signal: AbortSignal): Promise<void> {
    // One that breaks ends the others: whoever supervises starts all three again.
    using life = linked(signal);
    await Promise.all([this.#followHealth(life.signal), this.#beat(life.signal), this.#followReceipts(life.signal)]);
  }

  async #followHealth(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#parts.health.changes(signal)) {
      await this.#parts.clock.sleep(coalesce, signal).catch(() => undefined); // aborted: the iteration ends
      this.#tellHealth();
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(beatEvery, signal).catch(() => undefined);
      if (signal.aborted || this.#listeners.size === 0) continue;
      const beat: LiveMessage = { kind: 'beat', at: isoOf(clock.now()) };
      this.#tell(JSON.stringify(beat));
      await this.#parts.telemetry.read(signal);
      this.#tellHealth(); // backlogs and "phone the police" move without any change of health
    }
  }

  /** A receipt is no journal entry, but the operator waits for the word "delivered". */
  async #followReceipts(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(receiptsEvery, signal).catch(() => undefined);
      const now = clock.now();
      for (const [id, watched] of this.#watched) {
        const alarm = this.#listeners.size > 0 ? this.#alarm(id as EventId) : undefined;
        const state = alarm && told(alarm);
        if (alarm && state !== undefined && state !== watched.told) {
          watched.told = state;
          const message: LiveMessage = { kind: 'alarm', alarm };
          this.#tell(JSON.stringify(message));
        }
        const settled = alarm?.deliveries.every((delivery) => delivery.state === 'accepted') && between(watched.since, now) > seconds(30);
        if (!alarm || settled || between(watched.since, now) > watchedFor) this.#watched.delete(id);
      }
    }
  }

  #watch(alarm: AlarmView): void {
    const now = this.#parts.clock.now();
    if (now - Date.parse(alarm.journalledAt) > watchedFor) return; // an old entry, replayed to a page that comes back
    this.#watched.set(alarm.id, { since: now, told: told(alarm) });
    this.#trim();
  }

  #trim(): void {
    for (const id of this.#watched.keys()) {
      if (this.#watched.size <= mostWatched) break;
      this.#watched.delete(id);
    }
  }

  #alarm(id: EventId): AlarmView | undefined {
    const { journal, inventory } = this.#parts;
    const record = journal.read.alarm(id);
    return record && alarmView(record, { names: namesOf(inventory.current()), users: inventory.users() });
  }

  /** The raised alarm that an entry is about. */
  #alarmOf({ event, position }: JournalEntry): EventId | undefined {
    if (event.kind === 'alarm.raised') return event.id;
    if ('alarm' in event) return event.alarm;
    if (event.kind !== 'alarm.restored') return undefined;
    const raised = this.#parts.journal.read
      .alarms({ before: position, limit: 50 })
      .find(
        (record) =>
          record.event.kind === 'alarm.raised' &&
          record.event.panel === event.panel &&
          record.event.zone === event.zone &&
          record.event.type === event.type,
      );
    return raised?.event.id;
  }

  #tellHealth(): void {
    if (this.#listeners.size === 0) {
      this.#health = '';
      return;
    }
    const text = this.health();
    if (text === this.#health) return;
    this.#health = text;
    this.#tell(text);
  }

  #tell(text: string): void {
    for (const listener of [...this.#listeners]) listener(text);
  }
}

/** What of an alarm may change without an event. */
function told({ receipts, deliveries }: AlarmView): string {
  return JSON.stringify([receipts, deliveries]);
}

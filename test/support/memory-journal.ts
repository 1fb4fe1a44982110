/** A small journal in memory: keeps the order and the promises of the port, forgets everything with the process. */
import type { DeliveryStatus, Receipt } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { AlarmRaised, DomainEvent, JournalEntry } from '../../gateway/domain/event.ts';
import { type CampusId, type ChannelId, type EventId, eventIdFrom, type PanelId, type UplinkId, type ZoneId } from '../../gateway/domain/ids.ts';
import type { AlarmRecord, ChainReport, Clock, Journal, JournalReader } from '../../gateway/domain/ports.ts';
import type { Instant } from '../../gateway/domain/time.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';

export class MemoryJournal implements Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #receipts = new Map<string, Receipt[]>();
  readonly #deliveries = new Map<string, DeliveryStatus[]>();
  readonly #followers = new Set<Mailbox<JournalEntry>>();
  readonly #clock: Clock;
  #serial = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nextId(): EventId {
    this.#serial += 1;
    const random = new Uint8Array(10);
    new DataView(random.buffer).setUint32(6, this.#serial);
    return eventIdFrom(this.#clock.now(), random);
  }

  async record(event: DomainEvent, recipients: readonly UplinkId[]) {
    const entry = { position: this.#entries.length + 1, journalledAt: this.#clock.now(), event };
    this.#entries.push(entry);
    this.#deliveries.set(
      event.id,
      recipients.map((uplink) => ({ uplink, state: 'pending', attempts: 0 })),
    );
    if (event.kind === 'alarm.acknowledged') await this.receipt(event.alarm, { hop: 'acknowledged', at: event.receivedAt, by: event.by });
    for (const follower of this.#followers) follower.push(entry);
    return { entry, repeated: false };
  }

  async receipt(event: EventId, receipt: Receipt): Promise<void> {
    const own = this.#receipts.get(event) ?? [];
    this.#receipts.set(event, own);
    if (!own.some(({ hop, by }) => hop === receipt.hop && by === receipt.by)) own.push(receipt);
  }

  /** As the dispatcher would, once the far side acknowledged. */
  async accept(event: EventId, uplink: UplinkId): Promise<void> {
    await this.receipt(event, { hop: 'accepted', at: this.#clock.now(), by: uplink, proof: 'HTTP 202' });
    this.#deliveries.set(event, [{ uplink, state: 'accepted', attempts: 1 }]);
  }

  follow(since: EventId | 'now', signal: AbortSignal): AsyncIterable<JournalEntry> {
    const from = since === 'now' ? this.#entries.length : this.#entries.findIndex(({ event }) => event.id === since) + 1;
    if (since !== 'now' && from === 0) throw new GatewayError('NOT_FOUND', 'no such event');
    const mailbox = new Mailbox<JournalEntry>();
    for (const entry of this.#entries.slice(from)) mailbox.push(entry);
    this.#followers.add(mailbox);
    signal.addEventListener('abort', () => this.#followers.delete(mailbox));
    return mailbox.take(signal);
  }

  stats() {
    const uplink = 'police' as UplinkId;
    const alarms = this.#entries.filter(({ event }) => event.kind === 'alarm.raised');
    const accepted = alarms.filter(({ event }) => this.#deliveries.get(event.id)?.some(({ state }) => state === 'accepted')).length;
    const { pending, refused } = this.read.backlog(uplink);
    return { position: this.#entries.length, available: true, uplinks: [{ uplink, pending, refused, accepted, alarmsDelivered: accepted }] };
  }

  readonly read: JournalReader = {
    find: (id) => this.#entries.find(({ event }) => event.id === id),
    alarms: ({ before = Number.MAX_SAFE_INTEGER, limit, unacknowledged }) =>
      this.#entries
        .filter(({ event, position }) => event.kind === 'alarm.raised' && position < before)
        .map((entry) => this.#recordOf(entry))
        .filter(({ receipts }) => !unacknowledged || !receipts.some(({ hop }) => hop === 'acknowledged'))
        .reverse()
        .slice(0, limit),
    alarm: (id) => {
      const entry = this.#entries.find(({ event }) => event.id === id && event.kind === 'alarm.raised');
      return entry && this.#recordOf(entry);
    },
    incident: (id) => {
      const own = this.read.alarm(id);
      if (own?.event.kind !== 'alarm.raised') return undefined;
      const { incident = id } = own.event;
      const joined = this.#entries.filter(({ event }) => event.kind === 'alarm.raised' && (event.incident ?? event.id) === incident);
      return { count: joined.length, alarms: joined.map((entry) => ({ record: this.#recordOf(entry), since: entry.journalledAt, intact: true })) };
    },
    commands: () => [],
    events: ({ after = 0, limit, kinds }) =>
      this.#entries.filter(({ position, event }) => position > after && (!kinds || kinds.includes(event.kind))).slice(0, limit),
    sequence: () => ({ known: false }),
    openFaults: () => [],
    standingEvidence: () => {
      const standing = new Map<string, JournalEntry>();
      for (const entry of this.#entries) {
        const { event } = entry;
        if (event.kind === 'evidence.begun' || (event.kind === 'evidence.kept' && event.file !== undefined)) standing.set(event.evidence, entry);
        else if (event.kind === 'evidence.kept' || event.kind === 'evidence.removed') standing.delete(event.evidence);
      }
      return [...standing.values()];
    },
    evidenceOf: (alarm) => this.#entries.filter(({ event }) => event.kind.startsWith('evidence.') && 'alarm' in event && event.alarm === alarm),
    lastZoneEvent: () => undefined,
    lastTestAlarm: () => undefined,
    panelTests: () => new Map(),
    armedBefore: () => new Map(),
    lastAlarmOf: () => undefined,
    raisedTypes: () => [],
    backlog: (uplink) => {
      const owed = this.#entries.filter(({ event }) =>
        this.#deliveries.get(event.id)?.some((delivery) => delivery.uplink === uplink && delivery.state === 'pending'),
      );
      const real = owed.flatMap(({ event, journalledAt }) =>
        event.kind === 'alarm.raised' && !event.drill && !event.test ? [{ event, journalledAt }] : [],
      )[0];
      return {
        ...{ pending: owed.length, refused: 0 },
        ...(owed[0] ? { oldest: owed[0].journalledAt } : {}),
        ...(real ? { oldestAlarm: real } : {}),
      };
    },
  };

  #recordOf(entry: JournalEntry): AlarmRecord {
    const life = this.#entries.filter(({ event }) => 'alarm' in event && event.alarm === entry.event.id);
    return { ...entry, life, receipts: [...(this.#receipts.get(entry.event.id) ?? [])], deliveries: this.#deliveries.get(entry.event.id) ?? [] };
  }

  /** Records a pressed panic button owed to the police side. */
  async press(more: Partial<AlarmRaised> = {}): Promise<AlarmRaised> {
    const at: Instant = this.#clock.now();
    const id = this.nextId();
    const event: AlarmRaised = {
      kind: 'alarm.raised',
      id,
      campus: 'campus' as CampusId,
      receivedAt: at,
      clockTrust: 'none',
      panel: 'gate-panel' as PanelId,
      zone: 'z1' as ZoneId,
      zoneName: 'Guard room button',
      type: 'panic.silent',
      severity: 1,
      drill: false,
      test: false,
      historical: false,
      dedupe: id,
      channels: ['gate' as ChannelId],
      source: { protocol: 'campus', code: '1122', raw: '' },
      ...more,
    };
    await this.record(event, ['police' as UplinkId]);
    return event;
  }

  async verify(): Promise<ChainReport> {
    return { position: this.#entries.length, unlinked: 0 };
  }
}

/** Metrics: collected when somebody scrapes, from the same ports as the pages. Labels are ids of this campus: few, and known. */
import { Registry } from 'prom-client';
import type { DeviceState } from '../../domain/health.ts';
import type { HttpParts } from '../ports.ts';
import type { SocketCounts } from '../sockets/door.ts';
import { counter, gauge } from './families.ts';
import { histogramLines } from './histogram-lines.ts';
import { type LoopDelay, openLoopDelay } from './loop-delay.ts';
import { mediaMetrics } from './media-metrics.ts';

export interface Metrics extends Disposable {
  readonly registry: Registry;
}

export interface MetricSources {
  readonly parts: HttpParts;
  readonly sockets: () => SocketCounts;
  readonly sessions: () => number;
}

const states: readonly DeviceState[] = ['normal', 'degraded', 'offline', 'unknown', 'maintenance', 'disabled'];

export function openMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const loop = openLoopDelay();
  journalMetrics(registry, sources);
  deviceMetrics(registry, sources);
  mediaMetrics(registry, sources.parts);
  processMetrics(registry, sources, loop);
  return { registry, [Symbol.dispose]: () => loop[Symbol.dispose]() };
}

function journalMetrics(registry: Registry, { parts }: MetricSources): void {
  const { journal } = parts;
  counter(registry, 'alarms_delivered', 'Alarms (alarm.raised) that an uplink acknowledged, summed over uplinks.', [], (own) =>
    own.inc(journal.stats().uplinks.reduce((sum, { alarmsDelivered }) => sum + alarmsDelivered, 0)),
  );
  counter(registry, 'deliveries_accepted_total', 'Deliveries that the far side acknowledged.', ['uplink'], (own) => {
    for (const { uplink, accepted } of journal.stats().uplinks) own.inc({ uplink }, accepted);
  });
  gauge(registry, 'outbox_pending', 'Deliveries owed and not refused.', ['uplink'], (own) => {
    for (const { uplink, pending } of journal.stats().uplinks) own.set({ uplink }, pending);
  });
  gauge(registry, 'outbox_refused', 'Deliveries that the far side said no to.', ['uplink'], (own) => {
    for (const { uplink, refused } of journal.stats().uplinks) own.set({ uplink }, refused);
  });
  gauge(registry, 'journal_position', 'Place of the newest journal entry.', [], (own) => own.set(journal.stats().position));
  gauge(registry, 'journal_available', '1 while the journal takes events.', [], (own) => own.set(Number(journal.stats().available)));
  histogramLines(registry, {
    name: 'delivery_hop_seconds',
    help: 'How long each hop took: received since the press, journalled since received, all others since the COMMIT.',
    read: parts.hopTimes,
  });
}

function deviceMetrics(registry: Registry, { parts }: MetricSources): void {
  gauge(registry, 'device_state', '1 for the state that each device is in.', ['device', 'kind', 'state'], (own) => {
    for (const { subject, kind, state } of parts.health.devices()) {
      for (const one of states) own.set({ device: subject, kind, state: one }, Number(one === state));
    }
  });
  gauge(registry, 'faults_open', 'Faults that stand, by code.', ['code'], (own) => {
    for (const { faults } of parts.health.devices()) for (const { code } of faults) own.inc({ code });
  });
}

function processMetrics(registry: Registry, { parts, sockets, sessions }: MetricSources, loop: LoopDelay): void {
  gauge(registry, 'event_loop_delay_seconds', 'How late the main loop came to its timers since the last scrape.', ['quantile'], (own) => {
    for (const quantile of [0.5, 0.99, 1]) own.set({ quantile: String(quantile) }, loop.late(quantile));
    loop.reset();
  });
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory.', [], (own) => own.set(process.memoryUsage.rss()));
  gauge(registry, 'process_heap_bytes', 'Used heap of the main thread.', [], (own) => own.set(process.memoryUsage().heapUsed));
  counter(registry, 'process_cpu_seconds_total', 'CPU time, all threads.', [], (own) => {
    const { user, system } = process.cpuUsage();
    own.inc((user + system) / 1e6);
  });
  gauge(registry, 'process_start_time_seconds', 'Start, epoch seconds.', [], (own) => own.set(parts.startedAt / 1_000));
  gauge(registry, 'sockets_open', 'Open WebSockets.', ['kind'], (own) => {
    for (const [kind, { open }] of Object.entries(sockets())) own.set({ kind }, open);
  });
  gauge(registry, 'sockets_owed_bytes', 'Bytes that pages have not yet taken from their WebSockets.', ['kind'], (own) => {
    for (const [kind, { owed }] of Object.entries(sockets())) own.set({ kind }, owed);
  });
  gauge(registry, 'sessions_open', 'Sessions that stand.', [], (own) => own.set(sessions()));
  gauge(registry, 'build_info', 'Always 1; the labels tell the build.', ['version', 'node'], (own) =>
    own.set({ version: parts.version, node: process.version }, 1),
  );
}

/**
 * Part of the composition root: what an alarm needs to be taken, and nothing else. Whoever starts a box waits for this alone: nothing of cameras, pages
 * or GB/T 28181 is loaded on the way (docs/architecture.md).
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { embeddedBroker } from '../adapters/panels/embedded-broker.ts';
import { createUplink, furtherIntakes } from './assemble-adapters.ts';
import { openPanels, type Panels } from './assemble-panels.ts';
import { openMemories, type UplinkMemories } from './delivery/memories.ts';
import { openUplinks, type Uplinks } from './delivery/uplinks.ts';
import { GatewayError } from './domain/errors.ts';
import type { Endpoint } from './domain/media.ts';
import type { AdapterContext, Clock } from './domain/ports.ts';
import { millis, seconds } from './domain/time.ts';
import type { PlatformDoor } from './domain/uplink-ports.ts';
import { HopTimes } from './http/metrics/hop-times.ts';
import { type Intake, openIntake } from './intake/intake.ts';
import { type InventoryStore, openInventory } from './inventory/store.ts';
import { type OpenJournal, openJournal } from './journal/journal.ts';
import type { BackoffSettings } from './runtime/backoff.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { openLastAlive } from './runtime/last-alive.ts';
import { linked } from './runtime/linked.ts';
import { type OwnCertificate, openOwnCertificate } from './runtime/own-certificate.ts';
import type { Scope } from './runtime/scope.ts';
import { supervise } from './runtime/supervise.ts';

export interface Spine {
  readonly inventory: InventoryStore;
  readonly journal: OpenJournal;
  readonly hopTimes: HopTimes;
  readonly certificate: OwnCertificate;
  readonly memories: UplinkMemories;
  /** Not running yet: a link may show the platform all of the box. */
  readonly uplinks: Uplinks;
  readonly intake: Intake;
  readonly panels: Panels;
  readonly mqttTls?: Endpoint;
  readonly mqttPlain?: Endpoint;
  /** Aborts when the gateway ends. */
  readonly ending: AbortSignal;
  /** Run, and run again, until the gateway ends. */
  live(name: string, life: (signal: AbortSignal) => Promise<void>): void;
}

/** Resolves once panels can connect and what they say is kept; `scope` closes it, the journal last. `door`: asked for by uplinks that run. */
export async function openSpine(config: GatewayConfig, around: AdapterContext, scope: Scope, door: () => PlatformDoor): Promise<Spine> {
  const { clock, log } = around;
  const folder = config.dataFolder;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // every life of the box ends by it
  const lives: Promise<unknown>[] = [];
  const live = (name: string, life: (signal: AbortSignal) => Promise<void>, backoff?: BackoffSettings) =>
    lives.push(supervise({ name, clock, log, ...(backoff ? { backoff } : {}) }, life, ending.signal));

  // What lasts: the inventory and the journal. They close last.
  const inventory = scope.own(await openInventory({ folder, clock, log }));
  const { commitDelayMillis, acknowledgeBeforeCommit, synchronous, mistakes } = config.testing;
  const hopTimes = new HopTimes();
  const commitDelay = millis(commitDelayMillis);
  const journal = scope.own(
    await openJournal({ folder, clock, log, acknowledgeBeforeCommit, synchronous, commitDelay, onHop: (span) => hopTimes.add(span) }),
  );
  scope.defer(async () => {
    ending.abort();
    await Promise.all(lives);
  });
  const certificate = await openOwnCertificate(config, { clock, log });
  const lastAlive = await openLastAlive(folder, clock);

  // A report becomes an event, the journal keeps it, deliveries carry it out.
  const memories = openMemories(join(folder, 'uplinks'));
  const uplinks = openUplinks({
    ...{ inventory, memories, clock, log },
    outbox: journal.outbox,
    onAccepted: (delivery) => panels.accepted(delivery),
    backlog: (uplink) => journal.read.backlog(uplink),
    create: (settings) => createUplink(settings, { clock, log, door }, config.testing),
  });
  const intake = openIntake({
    ...{ journal, inventory, clock, log },
    recipients: (event) => uplinks.recipients(event),
    keepsEvidence: config.evidence.enabled && config.media.ring.enabled,
    requestSync: (panel) => panels.requestSync(panel),
  });
  const panels = scope.own(openPanels({ inventory, journal, intake, clock, log }));

  if (!mistakes.includes('one-certificate')) live('certificate', (signal) => certificate.run(signal));
  live('last alive', (signal) => lastAlive.run(signal));
  live('inventory', (signal) => inventory.run(signal));
  live('alarm clocks', (signal) => intake.run(signal));
  const listening = brokerListens(config, { clock, log }, certificate, (broker) => {
    live('panel broker', (signal) => broker.run(panels.doorFor(broker.name), signal));
  });
  for (const { intake: further, protocol } of await furtherIntakes(config, { clock, log, away: lastAlive.away })) {
    live(`panel intake ${further.name}`, (signal) => further.run(panels.doorFor(further.name, protocol), signal), panelsAwait);
  }
  using waiting = linked(ending.signal);
  const { tls, plain } = await Promise.race([listening, failedAfter(clock, waiting.signal)]);
  return {
    ...{ inventory, journal, hopTimes, certificate, memories, uplinks, intake, panels, live },
    ending: ending.signal,
    ...(tls ? { mqttTls: tls } : {}),
    ...(plain ? { mqttPlain: plain } : {}),
  };
}

/** Panels that wait behind a broker of the site are heard within 5 s of its return, however long it was away. */
const panelsAwait: BackoffSettings = { first: seconds(0.5), most: seconds(4), jitter: 0.3 };

/** Resolves with where our own broker listens. */
function brokerListens(
  { mqtt }: GatewayConfig,
  around: AdapterContext,
  { current, onRenewed }: OwnCertificate,
  begin: (broker: ReturnType<typeof embeddedBroker>) => void,
): Promise<{ readonly tls?: Endpoint; readonly plain?: Endpoint }> {
  return new Promise((resolve) => {
    begin(
      embeddedBroker({
        ...around,
        ...(mqtt.tls.enabled ? { tls: { address: mqtt.tls.address, port: mqtt.tls.port, ...current, onRenewed } } : {}),
        ...(mqtt.plain.enabled ? { plain: { ...mqtt.plain } } : {}),
        onListening: resolve,
      }),
    );
  });
}

/** Long enough for a slow box, short enough for a person who waits: a broker that cannot listen says why in the log. */
async function failedAfter(clock: Clock, signal: AbortSignal): Promise<never> {
  await clock.sleep(seconds(20), signal);
  throw new GatewayError('PANEL_BROKER', 'The panel broker did not listen within 20 s: its port may be taken.');
}

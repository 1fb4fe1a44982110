/** Composition root: builds every part and hands ports around. Only it and its assemble-… sisters see gateway and adapters together. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { discoverCameras } from '../adapters/cameras/onvif/discovery.ts';
import { cameraAdapters } from '../adapters/index.ts';
import { embeddedBroker } from '../adapters/panels/embedded-broker.ts';
import { createUplink, furtherIntakes, panelTrials, settingsProblems, uplinkDoubts } from './assemble-adapters.ts';
import { codeDeskOf } from './assemble-codes.ts';
import { platformDoor } from './assemble-door.ts';
import { keeperOf, keepsEvidence, openPictures } from './assemble-evidence.ts';
import { healthContext } from './assemble-health.ts';
import { mediaSettingsOf, openMediaPlane, rtspListenOf, tellAlarmed } from './assemble-media.ts';
import { openPanels } from './assemble-panels.ts';
import { openWebRtc } from './assemble-webrtc.ts';
import { openMemories } from './delivery/memories.ts';
import { isUndelivered, undelivered } from './delivery/undelivered.ts';
import { openUplinks } from './delivery/uplinks.ts';
import { GatewayError } from './domain/errors.ts';
import type { UplinkId } from './domain/ids.ts';
import type { Endpoint, RtspBound, SinkSpec } from './domain/media.ts';
import type { Clock, Logger, MediaPlane, PreparedSink } from './domain/ports.ts';
import { millis, seconds } from './domain/time.ts';
import { openCameraFleet } from './fleet/cameras.ts';
import { healthChecks } from './health/checks/index.ts';
import { openHealth } from './health/health.ts';
import { HopTimes } from './http/metrics/hop-times.ts';
import { openHttp } from './http/server.ts';
import { openIntake } from './intake/intake.ts';
import type { InventoryStore } from './inventory/store.ts';
import { openInventory } from './inventory/store.ts';
import { openJournal } from './journal/journal.ts';
import { AlarmedChannels } from './media/alarmed-channels.ts';
import { recordingPlans } from './media/recording-plans.ts';
import { RecentRestarts } from './media/restarts.ts';
import { MediaSaboteur } from './media/sabotage.ts';
import { TelemetryCache } from './media/telemetry-cache.ts';
import { boxCertificate, fingerprintOf } from './runtime/box-certificate.ts';
import { type GatewayConfig, readSecretFile } from './runtime/config.ts';
import { configWarnings } from './runtime/config-rules.ts';
import { openLastAlive } from './runtime/last-alive.ts';
import { linked } from './runtime/linked.ts';
import { packageRoot, version } from './runtime/package-root.ts';
import { Scope } from './runtime/scope.ts';
import { rememberedAt } from './runtime/steady-time.ts';
import { supervise } from './runtime/supervise.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';
import { uplinkViewsOf } from './uplink-views.ts';

export interface Gateway extends AsyncDisposable {
  readonly https: Endpoint;
  readonly plain?: Endpoint;
  readonly mqttTls?: Endpoint;
  readonly mqttPlain?: Endpoint;
  readonly rtsp?: RtspBound;
  /** SHA-256 of the certificate on HTTPS and MQTTS. */
  readonly fingerprint256: string;
  /** Not yet claimed: the code that makes the first administrator. */
  readonly claimCode?: string;
  readonly inventory: InventoryStore;
  /** Opens a viewer inside this process. */
  watch(sink: SinkSpec, signal: AbortSignal): Promise<PreparedSink>;
  /** Only where `testing.mediaFaults` is on. */
  readonly saboteur?: MediaSaboteur;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Starts the whole gateway; resolves once everything listens. Closing it ends every life, the journal last. */
export async function assemble(config: GatewayConfig, { clock, log }: Surroundings): Promise<Gateway> {
  const startedAt = clock.now();
  const folder = config.dataFolder;
  for (const words of configWarnings(config)) log.warn('risky setting', { words });
  await using scope = new Scope();
  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // every life of the box ends by it
  const lives: Promise<unknown>[] = [];
  const live = (name: string, life: (signal: AbortSignal) => Promise<void>) => lives.push(supervise({ name, clock, log }, life, ending.signal));

  // What lasts: the inventory and the journal. They close last.
  const inventory = scope.own(await openInventory({ folder, clock, log }));
  const { commitDelayMillis, sendTwice, mediaFaults, mediaWatchdog, ...broken } = config.testing;
  const hopTimes = new HopTimes();
  const commitDelay = millis(commitDelayMillis);
  const journal = scope.own(await openJournal({ folder, clock, log, ...broken, commitDelay, onHop: (span) => hopTimes.add(span) }));
  scope.defer(async () => {
    ending.abort();
    await Promise.all(lives);
  });
  const tls = await certificateOf(config, clock);
  const lastAlive = await openLastAlive(folder, clock);

  // The spine: a report becomes an event, the journal keeps it, deliveries carry it out.
  const memories = openMemories(join(folder, 'uplinks'));
  const uplinks = openUplinks({
    ...{ inventory, memories, clock, log },
    outbox: journal.outbox,
    onAccepted: (delivery) => panels.accepted(delivery),
    backlog: (uplink) => journal.read.backlog(uplink),
    create: (settings) => createUplink(settings, { clock, log, sendTwice, door }),
  });
  const intake = openIntake({
    ...{ journal, inventory, clock, log },
    recipients: (event) => uplinks.recipients(event),
    keepsEvidence: keepsEvidence(config),
    requestSync: (panel) => panels.requestSync(panel),
  });
  const panels = scope.own(openPanels({ inventory, journal, intake, clock, log }));

  // Cameras and pictures.
  const cameras = openCameraFleet({
    ...{ inventory, clock, log },
    adapters: new Map(cameraAdapters.map((adapter) => [adapter.kind, adapter])),
    said: { event: intake.cameraEvent, gap: intake.cameraGap },
    // Not from the cache: figures from before an address was given would blame the camera for our own refusal.
    streams: () => media.telemetry(),
    refused: (channels) => void media.refused(channels),
  });
  const { ring } = config.media;
  const mediaRestarts = new RecentRestarts(clock);
  const saboteur = mediaFaults ? { saboteur: new MediaSaboteur() } : {};
  const uplink = UplinkBudget.open(Math.round((config.uplinkBudget.megabitsPerSecond * 1_000_000) / 8), clock);
  const media: MediaPlane = scope.own(
    openMediaPlane({
      ...{ clock, log },
      replaced: (cause) => mediaRestarts.note(cause),
      ...saboteur,
      ...(mediaWatchdog ? {} : { limits: 'unwatched' }),
      settings: mediaSettingsOf(config),
      uplink,
      resolve: (channel, profile) => cameras.streamAddress(channel, profile),
      askKeyframe: (channel, profile) => cameras.askKeyframe(channel, profile),
    }),
  );
  await media.admit(inventory.streamKeys());
  const rtsp = config.rtsp.enabled ? await media.serveRtsp(rtspListenOf(config.rtsp, { key: tls.key, cert: tls.cert })) : undefined;

  // Health.
  const telemetry = new TelemetryCache(media, clock);
  const streams = () => telemetry.read(ending.signal);
  const backlog = (uplink: UplinkId) => journal.read.backlog(uplink);
  const lost = () => undelivered({ inventory, clock, backlog });
  const health = openHealth({
    ...{ inventory, clock, log },
    checks: healthChecks.filter(({ code }) => ring.enabled || code !== 'zone-recording'),
    openFaults: journal.read.openFaults(),
    raise: (fault) => intake.raiseFault(fault),
    clear: (raised) => intake.clearFault(raised),
    context: healthContext({
      ...{ inventory, clock, folder, cameras, uplinks, mediaRestarts, backlog },
      panels: panels.forHealth,
      startedAt: rememberedAt(clock, startedAt),
      streams,
      undelivered: lost,
    }),
  });

  const snapshots = openPictures(config.ffmpeg.path, { media, clock, hurry: keepsEvidence(config) });
  const evidence = await keeperOf(config, { journal, media, snapshots, clock, log, tell: (fact) => intake.evidence(fact) });

  const alarmed = new AlarmedChannels();
  const door = platformDoor({
    ...{ evidence, inventory, health, journal: journal.read, media, cameras, panels, clock, log, box: { version, startedAt } },
    receipt: (event, receipt) => journal.receipt(event, receipt),
    ...{ remembered: memories.remembered, remember: memories.remember },
    alarmed: (channel) => alarmed.has(channel),
  });

  const webrtc = config.webrtc.enabled ? scope.own(openWebRtc(config.webrtc, { media, uplink, clock, log })) : undefined;

  // People.
  const scrapeToken = config.metrics.tokenFile === undefined ? {} : { scrapeToken: await readSecretFile(config.metrics.tokenFile) };
  const http = scope.own(
    await openHttp({
      ...{ clock, log, folder, version, startedAt, inventory, journal, health, media, telemetry },
      ...scrapeToken,
      webFolder: join(packageRoot, 'dist/web'),
      listen: {
        https: { address: config.http.address, port: config.http.port },
        ...(config.http.plain.enabled ? { plain: { address: config.http.plain.address, port: config.http.plain.port } } : {}),
        tls,
        allowedOrigins: config.http.allowedOrigins,
      },
      alarms: intake,
      faultTitle: (code) => healthChecks.find((check) => check.code === code)?.title ?? { zh: code, en: code },
      fleet: {
        cameraStatus: (camera) => cameras.status(camera),
        ...panels.forPages,
        discover: (signal) => discoverCameras({ clock, log }, signal),
        introduce: (candidate, signal) => cameras.introduce(candidate, signal),
      },
      ...{ settingsProblems, tryPanel: panelTrials(inventory, clock), codes: codeDeskOf(inventory) },
      uplinkDoubts: (uplink) => uplinkDoubts(uplink, inventory.current()),
      examineUplink: (id, signal) => uplinks.examine(id, signal),
      uplinkViews: uplinkViewsOf({ inventory, uplinks, health, backlog }),
      undelivered: lost,
      isUndelivered: (alarm, since) => isUndelivered(alarm, since, { inventory, clock }),
      readiness: () => [
        {
          name: 'journal',
          ready: journal.stats().available,
          sentence: { zh: '事件日志可写入。', en: 'The journal takes events.' },
        },
      ],
      hopTimes: () => hopTimes.figures(),
      ...{ snapshots, evidence },
      ...(webrtc ? { webrtc } : {}),
      uplinkBudget: uplink,
      mediaRestarts: () => mediaRestarts.totals,
    }),
  );

  // Panels come in last, when all that they need stands.
  let brokerAt: { readonly tls?: Endpoint; readonly plain?: Endpoint } = {};
  const listening = new Promise<void>((resolve) => {
    const broker = embeddedBroker({
      ...{ clock, log },
      ...(config.mqtt.tls.enabled ? { tls: { address: config.mqtt.tls.address, port: config.mqtt.tls.port, ...tls } } : {}),
      ...(config.mqtt.plain.enabled ? { plain: { ...config.mqtt.plain } } : {}),
      onListening: (addresses) => {
        brokerAt = addresses;
        resolve();
      },
    });
    live('panel broker', (signal) => broker.run(panels.doorFor(broker.name), signal));
  });
  for (const { intake: further, protocol } of await furtherIntakes(config, { clock, log, away: lastAlive.away })) {
    live(`panel intake ${further.name}`, (signal) => further.run(panels.doorFor(further.name, protocol), signal));
  }
  live('last alive', (signal) => lastAlive.run(signal));
  live('inventory', (signal) => inventory.run(signal));
  live('uplinks', (signal) => uplinks.run(signal));
  live('test alarms', (signal) => panels.sendTestAlarms(signal));
  live('alarm clocks', (signal) => intake.run(signal));
  live('cameras', (signal) => cameras.run(signal));
  live('health', (signal) => health.run(signal));
  live('recorder', async (signal) => {
    // Here and below: followed before the first look, so that nothing that changes meanwhile is missed.
    const changes = inventory.changes(signal);
    const record = () => media.record(ring.enabled ? recordingPlans(inventory.current(), ring.profile) : []);
    await record();
    for await (const _changed of changes) await record();
  });
  live('alarmed channels', (signal) => tellAlarmed(alarmed, { journal, media, clock }, signal));
  live('evidence', (signal) => evidence.run(signal));
  live('stream keys', async (signal) => {
    const changes = inventory.changes(signal);
    await media.admit(inventory.streamKeys()); // again: pages may have made one since
    for await (const _changed of changes) await media.admit(inventory.streamKeys());
  });
  using waiting = linked(ending.signal);
  await Promise.race([listening, failedAfter(clock, waiting.signal)]);

  const claimCode = inventory.claim().open ? { claimCode: inventory.openClaim() } : {};
  const owned = scope.release();
  return {
    https: http.https,
    ...(http.plain ? { plain: http.plain } : {}),
    ...(brokerAt.tls ? { mqttTls: brokerAt.tls } : {}),
    ...(brokerAt.plain ? { mqttPlain: brokerAt.plain } : {}),
    ...(rtsp ? { rtsp } : {}),
    fingerprint256: tls.fingerprint256,
    ...claimCode,
    inventory,
    watch: (sink, signal) => media.prepare(sink, signal),
    ...saboteur,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Long enough for a slow box, short enough for a person who waits: a broker that cannot listen says why in the log. */
async function failedAfter(clock: Clock, signal: AbortSignal): Promise<never> {
  await clock.sleep(seconds(20), signal);
  throw new GatewayError('PANEL_BROKER', 'The panel broker did not listen within 20 s: its port may be taken.');
}

async function certificateOf(config: GatewayConfig, clock: Clock): Promise<{ key: string; cert: string; fingerprint256: string }> {
  const { certificate, key } = config.http.tls;
  if (certificate === undefined || key === undefined) return boxCertificate({ folder: config.dataFolder, clock });
  const cert = await readFile(certificate, 'utf8');
  return { cert, key: (await readSecretFile(key)).reveal(), fingerprint256: fingerprintOf(cert) };
}

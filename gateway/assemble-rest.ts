/** Part of the composition root: all that can wait until alarms are taken. Cameras, pictures and health first, as platforms look at them; pages last. */
// Loaded by now, so that the first call to a camera need not wait for what makes it.
import '../adapters/cameras/onvif/adapter.ts';
import '../adapters/cameras/rtsp.ts';
import { cameraAdapters } from '../adapters/index.ts';
import { platformDoor } from './assemble-door.ts';
import { keeperOf, keepsEvidence, openPictures } from './assemble-evidence.ts';
import { healthContext } from './assemble-health.ts';
import { mediaSettingsOf, openMediaPlane, rtspListenOf, tellAlarmed } from './assemble-media.ts';
import type { Spine } from './assemble-spine.ts';
import { undelivered } from './delivery/undelivered.ts';
import type { UplinkId } from './domain/ids.ts';
import type { Endpoint, RtspBound } from './domain/media.ts';
import type { AdapterContext, MediaPlane } from './domain/ports.ts';
import type { Instant } from './domain/time.ts';
import type { PlatformDoor } from './domain/uplink-ports.ts';
import { openCameraFleet } from './fleet/cameras.ts';
import { healthChecks } from './health/checks/index.ts';
import { openHealth } from './health/health.ts';
import { openChainWatch } from './journal/chain-watch.ts';
import { AlarmedChannels } from './media/alarmed-channels.ts';
import { recordingPlans } from './media/recording-plans.ts';
import { RecentRestarts } from './media/restarts.ts';
import { MediaSaboteur } from './media/sabotage.ts';
import { TelemetryCache } from './media/telemetry-cache.ts';
import type { BoxCertificate } from './runtime/box-certificate.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { version } from './runtime/package-root.ts';
import type { Scope } from './runtime/scope.ts';
import { rememberedAt } from './runtime/steady-time.ts';
import { UplinkBudget } from './runtime/uplink-budget.ts';

export interface Rest {
  readonly https: Endpoint;
  readonly plain?: Endpoint;
  readonly rtsp?: RtspBound;
  readonly media: MediaPlane;
  /** Only where `testing.mediaFaults` is on. */
  readonly saboteur?: MediaSaboteur;
}

/** Resolves once everything listens; `scope` closes it. `opened`: told of the door before any uplink runs. */
export async function openRest(
  spine: Spine,
  config: GatewayConfig,
  { clock, log, startedAt }: AdapterContext & { readonly startedAt: Instant },
  { scope, opened }: { readonly scope: Scope; readonly opened: (door: PlatformDoor) => void },
): Promise<Rest> {
  const { inventory, journal, intake, uplinks, panels, memories, certificate, ending, live } = spine;
  const folder = config.dataFolder;

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
  const saboteur = config.testing.mediaFaults ? { saboteur: new MediaSaboteur() } : {};
  const uplinkBudget = UplinkBudget.open(Math.round((config.uplinkBudget.megabitsPerSecond * 1_000_000) / 8), clock);
  const media: MediaPlane = scope.own(
    openMediaPlane({
      ...{ clock, log },
      replaced: (cause) => mediaRestarts.note(cause),
      ...saboteur,
      ...(config.testing.mediaWatchdog ? {} : { limits: 'unwatched' }),
      settings: mediaSettingsOf(config),
      uplink: uplinkBudget,
      resolve: (channel, profile) => cameras.streamAddress(channel, profile),
      askKeyframe: (channel, profile) => cameras.askKeyframe(channel, profile),
    }),
  );

  // Health.
  const telemetry = new TelemetryCache(media, clock);
  const backlog = (uplink: UplinkId) => journal.read.backlog(uplink);
  const lost = () => undelivered({ inventory, clock, backlog });
  const chain = openChainWatch({ journal, clock, log });
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
      streams: () => telemetry.read(ending),
      undelivered: lost,
      chainBroken: chain.broken,
      ownCertificate: () => certificate.facts,
    }),
  });

  const snapshots = openPictures(config.ffmpeg.path, { media, clock, hurry: keepsEvidence(config) });
  const evidence = await keeperOf(config, { journal, media, snapshots, clock, log, tell: (fact) => intake.evidence(fact) });

  // What has waited on the disk goes to the platforms, before any page is served.
  const alarmed = new AlarmedChannels();
  opened(
    platformDoor({
      ...{ evidence, inventory, health, journal: journal.read, media, cameras, panels, clock, log, box: { version, startedAt } },
      receipt: (event, receipt) => journal.receipt(event, receipt),
      ...{ remembered: memories.remembered, remember: memories.remember },
      alarmed: (channel) => alarmed.has(channel),
    }),
  );
  live('uplinks', (signal) => uplinks.run(signal));
  live('test alarms', (signal) => panels.sendTestAlarms(signal));

  await media.admit(inventory.streamKeys());
  const [{ openPages }, rtsp] = await Promise.all([
    import('./assemble-pages.ts'),
    config.rtsp.enabled ? media.serveRtsp(rtspListenOf(config.rtsp, certificate.current)) : undefined,
  ]);
  // Who watches over RTSPS calls again; that is once in the life of a certificate.
  if (rtsp?.tls) {
    const renew = (renewed: BoxCertificate) => media.serveRtsp({ ...rtspListenOf(config.rtsp, renewed), port: rtsp.port });
    scope.own(
      certificate.onRenewed((renewed) => void renew(renewed).catch((error: unknown) => log.error('rtsp keeps the old certificate', { error }))),
    );
  }
  const { https, plain } = await openPages(config, {
    ...{ spine, clock, log, startedAt, cameras, media, telemetry, health, snapshots, evidence, uplinkBudget, scope, lost },
    mediaRestarts: () => mediaRestarts.totals,
  });

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
  live('journal chain', (signal) => chain.run(signal));
  return { https, ...(plain ? { plain } : {}), ...(rtsp ? { rtsp } : {}), media, ...saboteur };
}

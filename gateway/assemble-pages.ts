/** Part of the composition root: what people and programs ask over HTTPS. */
import { join } from 'node:path';
import { discoverCameras } from '../adapters/cameras/onvif/discovery.ts';
import { panelTrials, settingsProblems, uplinkDoubts } from './assemble-adapters.ts';
import { codeDeskOf } from './assemble-codes.ts';
import type { Spine } from './assemble-spine.ts';
import { openWebRtc } from './assemble-webrtc.ts';
import { isUndelivered } from './delivery/undelivered.ts';
import type { AdapterContext } from './domain/ports.ts';
import type { Instant } from './domain/time.ts';
import type { CameraFleet } from './fleet/cameras.ts';
import { healthChecks } from './health/checks/index.ts';
import type { HttpParts } from './http/ports.ts';
import { type OpenHttp, openHttp } from './http/server.ts';
import { type GatewayConfig, readSecretFile } from './runtime/config.ts';
import { packageRoot, version } from './runtime/package-root.ts';
import type { Scope } from './runtime/scope.ts';
import { uplinkViewsOf } from './uplink-views.ts';

interface PageParts extends AdapterContext, Pick<HttpParts, 'media' | 'telemetry' | 'health' | 'snapshots' | 'evidence' | 'mediaRestarts'> {
  readonly spine: Spine;
  readonly startedAt: Instant;
  readonly cameras: CameraFleet;
  readonly uplinkBudget: NonNullable<HttpParts['uplinkBudget']> & Parameters<typeof openWebRtc>[1]['uplink'];
  readonly lost: HttpParts['undelivered'];
  readonly scope: Scope;
}

/** Listens once it resolves; `scope` closes it. */
export async function openPages(config: GatewayConfig, parts: PageParts): Promise<OpenHttp> {
  const { spine, clock, log, startedAt, cameras, media, telemetry, health, snapshots, evidence, uplinkBudget, mediaRestarts, lost, scope } = parts;
  const { inventory, journal, intake, uplinks, panels, certificate, hopTimes } = spine;
  const webrtc = config.webrtc.enabled ? scope.own(openWebRtc(config.webrtc, { media, uplink: uplinkBudget, clock, log })) : undefined;
  const scrapeToken = config.metrics.tokenFile === undefined ? {} : { scrapeToken: await readSecretFile(config.metrics.tokenFile) };
  return scope.own(
    await openHttp({
      ...{ clock, log, folder: config.dataFolder, version, startedAt, inventory, journal, health, media, telemetry },
      ...scrapeToken,
      webFolder: join(packageRoot, 'dist/web'),
      listen: {
        https: { address: config.http.address, port: config.http.port },
        ...(config.http.plain.enabled ? { plain: { address: config.http.plain.address, port: config.http.plain.port } } : {}),
        tls: { ...certificate.current, onRenewed: certificate.onRenewed },
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
      uplinkViews: uplinkViewsOf({ inventory, uplinks, health, backlog: (uplink) => journal.read.backlog(uplink) }),
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
      ...{ uplinkBudget, mediaRestarts },
    }),
  );
}

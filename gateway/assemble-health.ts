/** Part of the composition root: what health checks may look at. */
import { statfs } from 'node:fs/promises';
import type { Uplinks } from './delivery/uplinks.ts';
import type { Backlog, UndeliveredAlarm } from './domain/delivery.ts';
import type { UplinkId } from './domain/ids.ts';
import type { StreamTelemetry } from './domain/media.ts';
import { phoneScript } from './domain/phone-police.ts';
import type { Clock, InventoryReader } from './domain/ports.ts';
import type { CameraFleet } from './fleet/cameras.ts';
import type { HealthContext } from './health/check.ts';
import type { RecentRestarts } from './media/restarts.ts';

export interface HealthSources {
  readonly inventory: Pick<InventoryReader, 'current'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly startedAt: HealthContext['startedAt'];
  /** Data folder. */
  readonly folder: string;
  readonly cameras: Pick<CameraFleet, 'status'>;
  readonly panels: Pick<HealthContext, 'panelStatus' | 'lastAlarmOf' | 'testAlarm'>;
  readonly uplinks: Pick<Uplinks, 'lastAnswer' | 'broken' | 'link' | 'certificate' | 'standsInFor'>;
  readonly mediaRestarts: Pick<RecentRestarts, 'recent'>;
  readonly ownCertificate: HealthContext['ownCertificate'];
  readonly chainBroken: HealthContext['chainBroken'];
  backlog(uplink: UplinkId): Backlog;
  streams(): Promise<readonly StreamTelemetry[]>;
  undelivered(): UndeliveredAlarm | undefined;
}

export function healthContext(sources: HealthSources): HealthContext {
  const { inventory, clock, startedAt, folder, cameras, panels, uplinks, mediaRestarts, streams } = sources;
  return {
    startedAt,
    now: () => clock.now(),
    cameraStatus: (camera) => cameras.status(camera),
    ...panels,
    streams: async (camera) => {
      const own = new Set(
        inventory
          .current()
          .channels.filter((channel) => channel.camera === camera)
          .map(({ id }) => id),
      );
      return (await streams()).filter(({ channel }) => own.has(channel));
    },
    ring: async (channel) => (await streams()).find((stream) => stream.channel === channel && stream.ring)?.ring,
    channelName: (channel) => inventory.current().channels.find(({ id }) => id === channel)?.name ?? channel,
    backlog: (uplink) => sources.backlog(uplink),
    undelivered: () => {
      const alarm = sources.undelivered();
      return alarm && { journalledAt: alarm.journalledAt, script: phoneScript(alarm, inventory.current()) };
    },
    answeredAt: (uplink) => uplinks.lastAnswer(uplink)?.at,
    standIn: (uplink) => inventory.current().uplinks.find(({ id }) => uplinks.standsInFor(id).includes(uplink))?.name,
    uplinkBroken: (uplink) => uplinks.broken(uplink),
    uplinkLink: (uplink) => uplinks.link(uplink),
    uplinkCertificate: (uplink) => uplinks.certificate(uplink),
    mediaRestarts: () => mediaRestarts.recent(),
    chainBroken: sources.chainBroken,
    ownCertificate: sources.ownCertificate,
    disk: async () => {
      const { bavail, bsize, blocks } = await statfs(folder);
      return { free: bavail * bsize, total: blocks * bsize };
    },
  };
}

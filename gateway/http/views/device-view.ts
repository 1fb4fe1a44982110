/** Devices, channels and faults as people see them: the state is computed by health alone; here it is only told. */
import type { ChannelView, DeviceView, FaultView } from '../../domain/api.ts';
import type { Camera, Inventory } from '../../domain/campus.ts';
import { type DeviceHealth, type Fault, zonePath } from '../../domain/health.ts';
import type { StreamTelemetry } from '../../domain/media.ts';
import { isoOf } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HttpParts } from '../ports.ts';
import { cameraEventsView } from './camera-events-view.ts';
import { type Names, namesOf } from './names.ts';

type ViewParts = Pick<HttpParts, 'inventory' | 'health' | 'fleet' | 'faultTitle' | 'startedAt'>;

export function faultView(fault: Fault, names: Names, title: ViewParts['faultTitle']): FaultView {
  return {
    code: fault.code,
    title: title(fault.code),
    sentence: fault.sentence,
    subject: fault.subject,
    subjectName: names.subject(fault.subject),
    since: isoOf(fault.since),
  };
}

/** In the order of the inventory: cameras, panels, zones that a channel looks at, uplinks, the gateway. Before health has judged a device its state is `unknown`. */
export function deviceViews(parts: ViewParts, telemetry: readonly StreamTelemetry[]): readonly DeviceView[] {
  const inventory = parts.inventory.current();
  const names = namesOf(inventory);
  const streams = streamsOf(inventory, telemetry);
  return [
    ...inventory.cameras.map((camera) => ({
      ...judged(parts, names, { id: camera.id, kind: 'camera', enabled: camera.enabled, maintenance: camera.maintenance }),
      ...placed(names, camera.place),
      ...seen(parts, camera),
      ...heard(parts, camera),
      ...(streams.has(camera.id) ? { streams: streams.get(camera.id)! } : {}),
    })),
    ...inventory.panels.map((panel) => ({
      ...judged(parts, names, { id: panel.id, kind: 'panel', enabled: panel.enabled, maintenance: panel.maintenance }),
      ...placed(names, panel.place),
    })),
    ...inventory.panels.flatMap((panel) =>
      panel.zones
        .filter(({ id }) => parts.health.device(zonePath(panel.id, id)) !== undefined)
        .map((zone) => ({
          ...judged(parts, names, { id: zonePath(panel.id, zone.id), kind: 'zone', enabled: panel.enabled, maintenance: panel.maintenance }),
          ...placed(names, zone.place ?? panel.place),
        })),
    ),
    ...inventory.uplinks.map((uplink) => judged(parts, names, { id: uplink.id, kind: 'uplink', enabled: uplink.enabled, maintenance: false })),
    judged(parts, names, { id: 'gateway', kind: 'gateway', enabled: true, maintenance: false }),
  ];
}

interface Subject {
  readonly id: string;
  readonly kind: DeviceView['kind'];
  readonly enabled: boolean;
  readonly maintenance: boolean;
}

function judged({ health, faultTitle, startedAt }: ViewParts, names: Names, { id, kind, enabled, maintenance }: Subject): DeviceView {
  const found: DeviceHealth | undefined = health.device(id);
  return {
    id,
    kind,
    name: names.subject(id),
    state: found?.state ?? (enabled ? (maintenance ? 'maintenance' : 'unknown') : 'disabled'),
    since: isoOf(found?.since ?? startedAt),
    ...(found?.provenAt === undefined ? {} : { provenAt: isoOf(found.provenAt) }),
    faults: (found?.faults ?? []).map((fault) => faultView(fault, names, faultTitle)),
  };
}

function placed(names: Names, place: string | undefined): { place?: string } {
  const name = names.place(place);
  return name === undefined ? {} : { place: name };
}

function seen({ fleet }: ViewParts, camera: Camera): Pick<DeviceView, 'model' | 'firmware' | 'address'> {
  const status = fleet.cameraStatus(camera.id);
  return {
    ...(status?.model ? { model: status.model } : {}),
    ...(status?.firmware ? { firmware: status.firmware } : {}),
    address: withoutCredentials(camera.address),
  };
}

function heard({ fleet }: ViewParts, camera: Camera): Pick<DeviceView, 'events'> {
  const events = cameraEventsView(camera, fleet.cameraStatus(camera.id)?.hearing);
  return events ? { events } : {};
}

/** An address that somebody typed with credentials in it must not show them. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

function streamsOf({ channels }: Inventory, telemetry: readonly StreamTelemetry[]): Map<string, StreamTelemetry[]> {
  const cameraOf = new Map<string, string>(channels.map(({ id, camera }) => [id, camera]));
  const streams = new Map<string, StreamTelemetry[]>();
  for (const stream of telemetry) {
    const camera = cameraOf.get(stream.channel);
    if (camera !== undefined) streams.set(camera, [...(streams.get(camera) ?? []), stream]);
  }
  return streams;
}

/** A channel is never better than the camera behind it. */
export function channelViews(parts: ViewParts): readonly ChannelView[] {
  const inventory = parts.inventory.current();
  const names = namesOf(inventory);
  return inventory.channels.map(({ id, number, name, camera }) => {
    const behind = inventory.cameras.find((one) => one.id === camera);
    const health = parts.health.device(camera);
    const state = behind ? (health?.state ?? (behind.enabled ? 'unknown' : 'disabled')) : 'offline';
    const reason: Words | undefined = behind
      ? health?.faults[0]?.sentence
      : { zh: '通道后面没有摄像机。', en: 'There is no camera behind this channel.' };
    return { id, number, name, camera, ...placed(names, behind?.place), state, ...(reason ? { reason } : {}) };
  });
}

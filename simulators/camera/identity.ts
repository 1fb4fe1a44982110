/** Who a simulated camera says that it is: its names, its profiles, its certificates. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { boxCertificate } from '../../gateway/runtime/box-certificate.ts';
import { CameraEvents } from './events.ts';
import type { CameraFault } from './faults.ts';
import { Lens } from './lens.ts';
import type { OnvifCamera } from './onvif/operation.ts';
import { Ptz } from './ptz.ts';
import type { CameraSimulatorOptions } from './simulator.ts';
import type { CameraStream } from './stream.ts';

interface Insides {
  readonly streams: ReadonlyMap<string, CameraStream>;
  readonly faults: ReadonlySet<CameraFault>;
  readonly now: () => number;
}

export function describeCamera(
  { id, name, place = '', manualExposure = false, clock }: CameraSimulatorOptions,
  { streams, faults, now }: Insides,
  auth: OnvifCamera['auth'],
): OnvifCamera {
  const foreign = () => faults.has('foreign-names');
  // The same camera keeps its identity over restarts, as a real one does.
  const hex = createHash('sha256').update(`simulated camera ${id}`).digest('hex');
  return {
    id,
    name,
    place,
    uuid: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    serial: `SIM${hex.slice(32, 42).toUpperCase()}`,
    // Locally administered (IEEE 802 §8.4): no maker's.
    mac: ['02', ...Array.from({ length: 5 }, (_, index) => hex.slice(42 + 2 * index, 44 + 2 * index))].join(':'),
    get model() {
      return foreign() ? '模拟摄像机 №1 <&>' : 'SIM-IPC-1';
    },
    get media() {
      return !faults.has('media2-only');
    },
    profiles: [...streams].map(([path, stream]) => ({
      get token() {
        return foreign() ? `配置 "${path}" <&>` : `profile_${path}`;
      },
      get name() {
        return foreign() ? `${path === 'main' ? '主' : '子'}码流 <&>"` : path === 'main' ? 'mainStream' : 'subStream';
      },
      path,
      settings: stream.recording.settings,
      synchronise: () => stream.synchronise(),
    })),
    ptz: new Ptz(() => clock.monotonic()),
    lens: new Lens(manualExposure),
    events: new CameraEvents({ clock, faults, now }),
    faults,
    auth,
    now,
  };
}

/** Two, so that it can show another one; kept, so that a camera that starts again is still the same. */
export async function certificatesOf({ id, cacheFolder, clock }: CameraSimulatorOptions) {
  const kept = (name: string) => boxCertificate({ folder: join(cacheFolder, 'certificates', name), clock });
  const [own, other] = await Promise.all([kept(id), kept(`${id}-other`)]);
  return { own, other };
}

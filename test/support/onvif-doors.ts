/** ONVIF doors in front of the cameras of a farm: what they stream is the farm's, what they are asked for is told to it. */
import { setMaxListeners } from 'node:events';
import { cameraId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { CameraEvents } from '../../simulators/camera/events.ts';
import type { Faults } from '../../simulators/camera/faults.ts';
import { Lens } from '../../simulators/camera/lens.ts';
import { lockout } from '../../simulators/camera/lockout.ts';
import { servicePaths } from '../../simulators/camera/onvif/device.ts';
import { OnvifDoor } from '../../simulators/camera/onvif/door.ts';
import type { OnvifCamera } from '../../simulators/camera/onvif/operation.ts';
import { openOnvifServer } from '../../simulators/camera/onvif/server.ts';
import { Ptz } from '../../simulators/camera/ptz.ts';
import { type CameraFarm, cameraAccount } from './stream-programs.ts';

export interface OnvifDoors extends AsyncDisposable {
  /** Times that a camera was asked for a keyframe. */
  readonly asked: number;
  /** Enters every camera by its door, in the place of what stands under its id. */
  furnish(store: InventoryStore): void;
}

/** `reactsAfter`: how long an encoder takes from a request to its keyframe. */
export async function openOnvifDoors(farm: CameraFarm, reactsAfter: Millis): Promise<OnvifDoors> {
  await using opening = new Scope();
  const life = new AbortController();
  setMaxListeners(0, life.signal);
  const now = () => systemClock.now();
  const addresses = new Map<string, string>();
  let asked = 0;
  for (let number = 1; number <= farm.cameras; number += 1) {
    const faults = new Set<never>();
    const counters = { requests: 0, credentialed: 0, refused: 0, snapshots: 0 };
    const synchronise = () => {
      asked += 1;
      void systemClock.sleep(reactsAfter, life.signal).then(
        () => farm.keyframe(number),
        () => undefined, // The measurement is over.
      );
    };
    const listener = openOnvifServer({
      listen: { address: '127.0.0.1', port: 0 },
      camera: cameraOf(number, synchronise),
      door: new OnvifDoor({
        ...{ digest: undefined, token: true, tokenWithin: undefined, faults, counters, now },
        passwordOf: (name) => (name === cameraAccount.username ? cameraAccount.password : undefined),
        lockout: lockout(systemClock, () => false),
      }),
      still: () => undefined,
      rtspPort: () => farm.port,
      ...{ counters, tls: undefined, faults, anonymousTime: true, clock: systemClock, signal: life.signal },
    });
    await listener.open();
    opening.defer(() => listener.close());
    addresses.set(`cam-${number}`, `http://127.0.0.1:${listener.port}${servicePaths.device}`);
  }
  opening.defer(() => life.abort());
  const scope = opening.release();
  return {
    get asked() {
      return asked;
    },
    furnish(store) {
      const credentials = { username: cameraAccount.username, password: new Secret(cameraAccount.password) };
      for (const [id, address] of addresses) {
        store.putCamera({ id: cameraId(id), name: id, adapter: 'onvif', address, credentials, settings: {}, enabled: true, maintenance: false });
      }
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const noFaults: Faults = new Set();

function cameraOf(number: number, synchronise: () => void): OnvifCamera {
  const path = `cam-${number}/main`;
  const settings = { camera: `cam-${number}`, caption: '', width: 1_280, height: 720, framesPerSecond: 25, kbps: 2_000 };
  return {
    ...{
      id: `cam-${number}`,
      name: `Camera ${number}`,
      place: '',
      uuid: '00000000-0000-4000-8000-000000000000',
      serial: 'FARM',
      mac: '02:00:00:00:00:00',
    },
    ...{ model: 'FARM-1', media: true, auth: { digest: false, token: true } },
    profiles: [{ token: 'main', name: 'mainStream', path, settings: { ...settings, codec: 'h264', loopSeconds: 20, gopSeconds: 2 }, synchronise }],
    ptz: new Ptz(() => systemClock.monotonic()),
    lens: new Lens(),
    events: new CameraEvents({ clock: systemClock, faults: noFaults, now: () => systemClock.now() }),
    faults: noFaults,
    now: () => systemClock.now(),
  };
}

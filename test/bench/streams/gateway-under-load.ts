/** The gateway as it is measured: its own process, cameras with a password, viewers with a key, 50 alarms a second, its metrics scraped. */
import { cameraId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { hashPassword } from '../../../gateway/http/sessions/password.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import type { GatewayChild } from '../../support/measure-gateway.ts';
import { openMeasuredSchool } from '../../support/measure-school.ts';
import { signIn } from '../../support/sign-in.ts';
import { cameraAccount, type RtspTarget, type StreamServer } from '../../support/stream-programs.ts';
import { upTo } from './window.ts';

export interface GatewayUnderLoad extends AsyncDisposable {
  readonly gateway: GatewayChild;
  /** Opens every channel by RTSP. */
  readonly key: RtspTarget['account'];
  /** Signs in as a person who may watch; the Cookie header. `secure`: over TLS. */
  signIn(secure: boolean): Promise<string>;
  /** Alarms pressed so far that have not arrived, once nothing more comes. Presses no more. */
  lostAlarms(): Promise<number>;
}

const perSecond = 50;
const scrapeEvery = seconds(2);
const camerasKnownWithin = seconds(60);
const user = { name: 'bench', password: 'only-for-this-bench' } as const;
let userHash: Promise<string> | undefined;

/** Resolves once the gateway is ready, knows every camera, and works under its load. */
export async function openGatewayUnderLoad(farm: StreamServer, furnish?: (store: InventoryStore) => void): Promise<GatewayUnderLoad> {
  userHash ??= hashPassword(user.password);
  const hash = await userHash;
  await using opening = new Scope();
  let key: RtspTarget['account'] | undefined;
  const school = opening.own(
    await openMeasuredSchool({
      rtsp: true,
      furnish(store) {
        putCameras(store, farm);
        key = store.issueStreamKey('bench');
        store.addUser(user.name, 'viewer', hash);
        furnish?.(store);
      },
    }),
  );
  const { gateway } = school;
  await gateway.start();
  await camerasKnown(gateway, farm.cameras);

  const ending = new AbortController();
  const loads = Promise.all([school.pressUntil(ending.signal, perSecond), scrape(gateway, ending.signal)]);
  loads.catch(() => undefined); // Told by whoever waits for it.
  const rest = async () => {
    ending.abort();
    await loads;
  };
  opening.defer(rest);
  const scope = opening.release();
  return {
    gateway,
    key: key!,
    signIn: (secure) => signIn(secure ? gateway.secureOrigin : gateway.origin, user),
    async lostAlarms() {
      await rest();
      await school.settled(seconds(15));
      return school.presses.length - school.arrived.size;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** Every camera of the farm, as `cam-N`. */
export function putCameras(store: InventoryStore, farm: StreamServer): void {
  for (const number of upTo(farm.cameras)) {
    const id = `cam-${number}`;
    const address = `rtsp://127.0.0.1:${farm.port}/${id}/main`;
    const credentials = { username: cameraAccount.username, password: new Secret(cameraAccount.password) };
    store.putCamera({ id: cameraId(id), name: id, adapter: 'rtsp', address, credentials, settings: {}, enabled: true, maintenance: false });
  }
}

async function scrape(gateway: GatewayChild, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await gateway.metric('stream_viewers');
    await systemClock.sleep(scrapeEvery, signal).catch(() => undefined); // Aborted: the loop ends.
  }
}

/** The gateway asks each camera once before it counts as known: not while we measure. */
export async function camerasKnown(gateway: GatewayChild, cameras: number): Promise<void> {
  const limit = systemClock.monotonic() + camerasKnownWithin;
  for (;;) {
    const states = [...(await gateway.metric('device_state'))].filter(([labels, is]) => labels.includes('kind="camera"') && is === 1);
    const known = states.filter(([labels]) => /state="(normal|degraded)"/.test(labels)).length;
    if (known === cameras) return;
    if (systemClock.monotonic() > limit) throw new Error(`The gateway knows ${known} of ${cameras} cameras after ${camerasKnownWithin} ms.`);
    await systemClock.sleep(millis(200));
  }
}

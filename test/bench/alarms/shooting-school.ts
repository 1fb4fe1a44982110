/** A measured school with many panels that shoot, and cameras whose pictures are relayed beside them. */
import { seconds } from '../../../gateway/domain/time.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { cameraClip } from '../../support/camera-clip.ts';
import type { Broken } from '../../support/measure-gateway.ts';
import { putMeasuredPanel } from '../../support/measure-inventory.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../../support/measure-school.ts';
import type { Viewers } from '../../support/measure-viewers.ts';
import { openCameraFarm, type RtspTarget, watchRtsp } from '../../support/stream-programs.ts';
import { camerasKnown, putCameras } from '../streams/gateway-under-load.ts';
import { upTo, viewersPlayWithin } from '../streams/window.ts';
import { openPressGun, type PressGun, type ShootingPanel } from './press-gun.ts';

export interface ShootingSchool extends AsyncDisposable {
  readonly school: MeasuredSchool;
  readonly gun: PressGun;
  readonly viewers: Viewers;
}

const campus = 'measured';

export async function openShootingSchool(options: {
  readonly panels: number;
  readonly cameras: number;
  readonly broken?: Broken;
  readonly furnish?: (store: InventoryStore) => void;
}): Promise<ShootingSchool> {
  const { panels, cameras, broken, furnish } = options;
  await using opening = new Scope();
  const farm = opening.own(await openCameraFarm({ cameras, clip: await cameraClip() }));
  const shooting: ShootingPanel[] = [];
  let key: RtspTarget['account'] | undefined;
  const school = opening.own(
    await openMeasuredSchool({
      panels: 1,
      rtsp: true,
      furnish(store) {
        putCameras(store, farm);
        shooting.push(
          ...upTo(panels).map((number) => putMeasuredPanel(store, `gun-${number}`, { broker: 'embedded', heartbeatEvery: seconds(600) })),
        );
        key = store.issueStreamKey('bench');
        furnish?.(store);
      },
      ...(broken ? { broken } : {}),
    }),
  );
  const { gateway, folder } = school;
  await gateway.start();
  await camerasKnown(gateway, cameras);
  const viewers = opening.own(await watchRtsp({ port: gateway.rtspPort, cameras: upTo(cameras), account: key! }, viewersPlayWithin));
  const gun = opening.own(await openPressGun({ port: Number(new URL(gateway.broker).port), campus, panels: shooting, folder }));
  const scope = opening.release();
  return { school, gun, viewers, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

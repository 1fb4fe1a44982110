/** How long a press at a camera's input takes until it is journalled: the simulated camera, HTTP, adapter, fleet, intake and journal in one process. */
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { cameraId, campusId, channelId } from '../../gateway/domain/ids.ts';
import type { CameraAdapter } from '../../gateway/domain/ports.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { openCameraFleet } from '../../gateway/fleet/cameras.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from '../support/eventually.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import { cameraShop, context, entered } from '../support/simulated-camera.ts';
import { openTestJournal } from '../support/spine.ts';
import type { Bench } from './alarms.ts';

const cameras = 8;
const between = millis(40);
/** Long poll, one answer, one commit: no wait of ours is in it. */
const limit = 100;

export async function benchCameraEvents({ quick, seed }: Bench): Promise<readonly Figure[]> {
  const presses = quick ? 100 : 1_000;
  await using scope = new Scope();
  const shop = scope.own(await cameraShop());
  const played = await Promise.all(Array.from({ length: cameras }, (_, index) => shop.open({ id: `cam-${index}`, strictTokens: false })));
  for (const camera of played) scope.own(camera);
  const inventory: Inventory = {
    ...{ campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' }, places: [], panels: [], uplinks: [], rules: [] },
    cameras: played.map(({ id, onvifAddress }) => entered(onvifAddress, { id: cameraId(id), events: [{ kind: 'input', type: 'panic.silent' }] })),
    channels: played.map(({ id }, index) => ({ id: channelId(id), name: id, camera: cameraId(id), number: index + 1 })),
  };
  const reader = {
    current: () => inventory,
    changes: async function* (signal: AbortSignal) {
      await systemClock.sleep(seconds(3_600), signal).catch(() => undefined);
    },
  };
  const { journal } = scope.own(await openTestJournal());
  const intake = openIntake({ ...context, journal, inventory: reader, recipients: () => [], requestSync: () => undefined });
  const adapter: CameraAdapter<unknown> = {
    ...onvif,
    connect: (camera, config, around, signal) => onvif.connect(camera, onvif.config.parse(config), around, signal),
  };
  const pressedAt = new Map<string, number>();
  const took: number[] = [];
  const fleet = openCameraFleet({
    ...context,
    inventory: reader,
    adapters: new Map([['onvif', adapter]]),
    streams: async () => [],
    said: {
      async event(event, receivedAt) {
        const { kind } = await intake.cameraEvent(event, receivedAt);
        const at = pressedAt.get(event.camera);
        if (kind === 'recorded' && event.state === 'raised' && at !== undefined) took.push(systemClock.monotonic() - at);
      },
      gap: async () => undefined,
    },
  });
  const leaving = new AbortController();
  const life = fleet.run(leaving.signal);
  scope.defer(async () => {
    leaving.abort();
    await life;
  });
  await eventually(() => {
    if (!played.every(({ counters }) => counters.events.pulls > 0)) throw new Error('Not all cameras are heard.');
  }, seconds(60));
  for (let press = 0; press < presses; press += 1) {
    const camera = played[press % cameras]!;
    pressedAt.set(camera.id, systemClock.monotonic());
    camera.event('input-1', true);
    await systemClock.sleep(between);
    camera.event('input-1', false);
  }
  await eventually(() => {
    if (took.length < presses) throw new Error(`${took.length} of ${presses} presses were journalled.`);
  }, seconds(30));
  return figuresOf({ test: 'camera events', dose: `${presses} presses at ${cameras} cameras, one each ${between} ms`, seed }, [
    { metric: 'press → journalled, p50', value: quantileOf(took, 0.5), unit: 'ms' },
    { metric: 'press → journalled, p99', value: quantileOf(took, 0.99), unit: 'ms', limit },
    { metric: 'press → journalled, most', value: mostOf(took), unit: 'ms' },
  ]);
}

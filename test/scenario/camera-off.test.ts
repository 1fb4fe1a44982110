/**
 * A camera that goes and comes back, through adapter, fleet and health, on a clock ten times as fast as the wall's.
 * Without the check of the camera's clock, which runs at the wall's.
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { onvif } from '../../adapters/cameras/onvif/adapter.ts';
import type { Camera, Inventory } from '../../gateway/domain/campus.ts';
import { cameraId, campusId, eventIdFrom } from '../../gateway/domain/ids.ts';
import type { CameraAdapter, InventoryReader } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { instant, type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { openCameraFleet } from '../../gateway/fleet/cameras.ts';
import { healthChecks } from '../../gateway/health/checks/index.ts';
import { openHealth } from '../../gateway/health/health.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { rememberedAt } from '../../gateway/runtime/steady-time.ts';
import { fastClock } from '../support/fast-clock.ts';
import { freePorts } from '../support/free-ports.ts';
import { onvifCamera } from '../support/onvif-camera.ts';

const gate = cameraId('gate');
const clock = fastClock(10);

async function schoolWith(address: string, password: string) {
  const camera: Camera = {
    id: gate,
    name: 'Gate',
    adapter: 'onvif',
    address,
    credentials: { username: 'gateway', password: new Secret(password) },
    settings: {},
    enabled: true,
    maintenance: false,
  };
  const inventory: Inventory = {
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras: [camera],
    channels: [],
    panels: [],
    uplinks: [],
    rules: [],
  };
  const reader: InventoryReader = {
    current: () => inventory,
    async *changes(signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const adapter: CameraAdapter<unknown> = {
    kind: 'onvif',
    config: onvif.config,
    connect: (device, config, context, signal) => onvif.connect(device, onvif.config.parse(config), context, signal),
  };
  const fleet = openCameraFleet({ inventory: reader, adapters: new Map([['onvif', adapter]]), streams: async () => [], clock, log: silentLogger });
  const health = openHealth({
    inventory: reader,
    checks: healthChecks.filter(({ code }) => code === 'camera-unreachable' || code === 'camera-credentials'),
    clock,
    log: silentLogger,
    openFaults: [],
    raise: async () => eventIdFrom(clock.now(), randomBytes(10)),
    clear: async () => undefined,
    context: {
      now: () => clock.now(),
      startedAt: rememberedAt(clock),
      cameraStatus: (id) => fleet.status(id),
      panelStatus: () => undefined,
      streams: async () => [],
      ring: async () => undefined,
      channelName: (channel) => channel,
      answeredAt: () => undefined,
      uplinkBroken: () => undefined,
      uplinkLink: () => undefined,
      lastAlarmOf: () => undefined,
      testAlarm: () => undefined,
      backlog: () => ({ pending: 0, refused: 0 }),
      undelivered: () => undefined,
      standIn: () => undefined,
      mediaRestarts: () => [],
      uplinkCertificate: () => undefined,
      chainBroken: () => undefined,
      ownCertificate: () => ({ name: 'the box', validTo: instant(Number.MAX_SAFE_INTEGER) }),
      disk: async () => ({ free: 1, total: 1 }),
    },
  });
  const leaving = new AbortController();
  const lives = [fleet.run(leaving.signal), health.run(leaving.signal)];
  return {
    health: () => health.device(gate),
    /** Until the camera's state is this; the time that it took, by the school's clock. */
    async until(state: string, within: Millis = seconds(30)): Promise<number> {
      const from = clock.monotonic();
      while (health.device(gate)?.state !== state) {
        if (clock.monotonic() - from > within) throw new Error(`The camera is ${health.device(gate)?.state}, not ${state}.`);
        await systemClock.sleep(millis(10));
      }
      return clock.monotonic() - from;
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await Promise.all(lives);
    },
  };
}

describe.concurrent('a camera', () => {
  test('that is switched off is offline with its reason within 15 s, and normal within 15 s of its return', async () => {
    const [port = 0] = await freePorts(1);
    const first = await onvifCamera({ password: 'right', port });
    await using school = await schoolWith(first.address, 'right');
    await school.until('normal');
    await first[Symbol.asyncDispose]();
    expect(await school.until('offline')).toBeLessThan(15_000);
    expect(school.health()?.faults.map(({ code }) => code)).toEqual(['camera-unreachable']);
    await systemClock.sleep(millis(2_000));
    await using _second = await onvifCamera({ password: 'right', port });
    expect(await school.until('normal')).toBeLessThan(15_000);
  });

  test('that hangs is offline within 15 s, and normal within 15 s of waking up', async () => {
    await using camera = await onvifCamera({ password: 'right' });
    await using school = await schoolWith(camera.address, 'right');
    await school.until('normal');
    await systemClock.sleep(millis(50));
    camera.frozen = true;
    expect(await school.until('offline')).toBeLessThan(15_000);
    await systemClock.sleep(millis(2_000));
    camera.frozen = false;
    expect(await school.until('normal')).toBeLessThan(15_000);
  });

  test('whose password is wrong shows it, after at most two requests with credentials', async () => {
    await using camera = await onvifCamera({ password: 'right' });
    await using school = await schoolWith(camera.address, 'wrong');
    await school.until('offline');
    expect(school.health()?.faults.map(({ code }) => code)).toEqual(['camera-credentials']);
    await systemClock.sleep(millis(3_000)); // half a minute of the school's
    expect(camera.credentialed).toBeLessThanOrEqual(2);
  });
});

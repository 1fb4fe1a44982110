/** A fleet of cameras on a clock that is moved by hand, with an adapter that does as it is told. */
import { expect } from 'vitest';
import { z } from 'zod';
import type { Camera, Inventory } from '../../gateway/domain/campus.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { cameraId, campusId, channelId } from '../../gateway/domain/ids.ts';
import type { CameraAdapter, InventoryReader } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { StreamSeen } from '../../gateway/fleet/camera-streams.ts';
import { openCameraFleet } from '../../gateway/fleet/cameras.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';

export const gate = cameraId('gate');

export function cameraNamed(id: string, more: Partial<Camera> = {}): Camera {
  return {
    id: cameraId(id),
    name: id,
    adapter: 'fake',
    address: `http://${id}/onvif`,
    credentials: { username: 'gateway', password: new Secret('right') },
    settings: {},
    enabled: true,
    maintenance: false,
    ...more,
  };
}

function schoolOf(first: readonly Camera[]): InventoryReader & { replace(cameras: readonly Camera[]): void } {
  const inventoryOf = (cameras: readonly Camera[]): Inventory => ({
    campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
    places: [],
    cameras,
    channels: cameras.map(({ id, name }, index) => ({ id: channelId(`channel-${id}`), name, camera: id, number: index + 1 })),
    panels: [],
    uplinks: [],
    rules: [],
  });
  let inventory = inventoryOf(first);
  const followers = new Set<Mailbox<Inventory>>();
  return {
    current: () => inventory,
    async *changes(signal) {
      const mailbox = new Mailbox<Inventory>();
      followers.add(mailbox);
      yield* mailbox.take(signal);
    },
    replace(cameras) {
      inventory = inventoryOf(cameras);
      for (const follower of followers) follower.push(inventory);
    },
  };
}

/** What the media plane tells of a stream of the camera `gate`. */
export function streamOf(profile: 'main' | 'sub', more: Partial<StreamSeen>): StreamSeen {
  return { channel: channelId('channel-gate'), profile, state: 'connecting', ...more };
}

type Behaviour = 'well' | 'off' | 'silent' | 'wrong password' | 'wrong certificate' | 'nonsense';

/** A camera box that counts what it sees. */
function box() {
  const seen = {
    behaviour: 'well' as Behaviour,
    connects: 0,
    probes: 0,
    addresses: 0,
    open: 0,
    tellsTime: true,
    performs: 0,
    tellsNothing: false,
    streams: [] as StreamSeen[],
  };
  const behave = async (signal: AbortSignal) => {
    switch (seen.behaviour) {
      case 'off':
        throw new GatewayError('CAMERA_UNREACHABLE', 'no answer');
      case 'silent':
        return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      case 'wrong password':
        throw new GatewayError('CAMERA_CREDENTIALS', 'refused');
      case 'wrong certificate':
        throw new GatewayError('CAMERA_CERTIFICATE', 'not the one', {
          context: { certificate: { fingerprint256: 'AB:CD', subject: '', validTo: '' } },
        });
      case 'nonsense':
        throw new GatewayError('CAMERA_REPLY', 'Camera gate answered with <html>.');
      case 'well':
        return undefined;
    }
  };
  const adapter: CameraAdapter<unknown> = {
    kind: 'fake',
    config: z.strictObject({}),
    async connect(camera, _config, _context, signal) {
      seen.connects += 1;
      await behave(signal);
      seen.open += 1;
      return {
        model: 'C-1',
        firmware: '1',
        serial: '1',
        clockOffset: millis(7),
        profiles: [{ token: 't', name: 'n', codec: 'H264', width: 640, height: 360, use: 'main' }],
        async *reports() {},
        offeredEvents: async () => undefined,
        async probe(limit) {
          seen.probes += 1;
          await behave(limit);
          return seen.tellsTime ? { clockOffset: millis(9) } : {};
        },
        async streamAddress(profile, limit) {
          seen.addresses += 1;
          await behave(limit);
          return { camera: camera.id, profile, url: 'rtsp://gate/1', username: 'gateway', password: 'right' };
        },
        snapshotAddress: async () => undefined,
        async perform() {
          seen.performs += 1;
          if (seen.tellsNothing) throw new GatewayError('COMMAND_UNSUPPORTED', 'Camera gate cannot be told anything.');
          return { ok: true };
        },
        async [Symbol.asyncDispose]() {
          seen.open -= 1;
        },
      };
    },
  };
  return { seen, adapter };
}

export async function fleetOf(cameras: readonly Camera[], behaviour: Behaviour = 'well') {
  const clock = new ManualClock();
  const school = schoolOf(cameras);
  const { seen, adapter } = box();
  seen.behaviour = behaviour;
  const fleet = openCameraFleet({
    inventory: school,
    adapters: new Map([['fake', adapter]]),
    streams: async () => seen.streams,
    clock,
    log: silentLogger,
  });
  const leaving = new AbortController();
  const life = fleet.run(leaving.signal);
  await clock.advance(millis(0));
  return {
    clock,
    school,
    seen,
    fleet,
    state: () => fleet.status(gate)?.connection,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await clock.advance(seconds(5));
      await life;
      expect(seen.open).toBe(0);
      expect(fleet.statuses()).toEqual([]);
    },
  };
}

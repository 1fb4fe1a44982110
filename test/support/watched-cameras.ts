/** Cameras that play while something else is measured. They and their viewers run beside the gateway's process, never in it. */
import { cameraId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { RunningCamera } from '../../simulators/campus.ts';
import { cameraRunner } from '../../simulators/index.ts';
import type { GatewayChild } from './measure-gateway.ts';
import { openRtspPlayer, type RtspPlayerUnderTest } from './rtsp-player.ts';

export interface Viewers extends AsyncDisposable {
  /** Pictures that each viewer has got so far. */
  frames(): readonly number[];
}

export interface Streams extends AsyncDisposable {
  /** Puts the cameras into the inventory, with a key to watch them by. */
  readonly furnish: (store: InventoryStore) => void;
  readonly channels: readonly string[];
  /** Lets a viewer in by RTSP; undefined until furnished. */
  readonly key: { readonly username: string; readonly password: string } | undefined;
  /** Times that each camera was asked for its pictures. */
  plays(): readonly number[];
  /** One RTSP viewer per camera; resolves once every one of them has its first picture. */
  watch(gateway: GatewayChild): Promise<Viewers>;
}

const account = { username: 'gateway', password: 'only-for-this-bench' };
const firstPictureWithin = seconds(30);

export async function openStreams(count: number): Promise<Streams> {
  await using opening = new Scope();
  const play = cameraRunner();
  const cameras: { readonly id: string; readonly running: RunningCamera }[] = [];
  for (let number = 1; number <= count; number += 1) {
    const id = `cam-${number}`;
    const picture = { framesPerSecond: 15, width: 640, height: 360, codec: 'h264', sound: 'none' } as const;
    const description = { id, name: { zh: id, en: id }, channel: number, port: 0, main: picture, sub: picture };
    cameras.push({ id, running: opening.own(await play(description, account, { clock: systemClock, log: silentLogger })) });
  }
  let key: { username: string; password: string } | undefined;
  const scope = opening.release();
  return {
    furnish(store) {
      for (const { id, running } of cameras) {
        const { address } = running;
        const credentials = { username: account.username, password: new Secret(account.password) };
        store.putCamera({ id: cameraId(id), name: id, adapter: 'onvif', address, credentials, settings: {}, enabled: true, maintenance: false });
      }
      key = store.issueStreamKey('bench');
    },
    channels: cameras.map(({ id }) => id),
    get key() {
      return key;
    },
    plays: () => cameras.map(({ running }) => running.plays),
    async watch(gateway) {
      await using watching = new Scope();
      const players: RtspPlayerUnderTest[] = [];
      for (const { id } of cameras) players.push(watching.own(await playing(gateway.rtspPort, `/${id}/main`, key)));
      const watched = watching.release();
      return {
        frames: () => players.map(({ packets }) => packets.filter(({ marker }) => marker).length),
        [Symbol.asyncDispose]: () => watched[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** The camera may not be connected yet: asked again until the first picture has come. */
async function playing(port: number, path: string, key: { username: string; password: string } | undefined): Promise<RtspPlayerUnderTest> {
  const limit = systemClock.monotonic() + firstPictureWithin;
  for (;;) {
    const player = await openRtspPlayer(port, path, key);
    const started = await player.play().then(
      () => true,
      () => false,
    );
    while (started && !player.closed && player.packets.length === 0 && systemClock.monotonic() < limit) await systemClock.sleep(millis(50));
    if (player.packets.length > 0) return player;
    await player[Symbol.asyncDispose]();
    if (systemClock.monotonic() > limit) throw new Error(`No picture of ${path} came within ${firstPictureWithin / 1_000} s.`);
    await systemClock.sleep(millis(500));
  }
}

/**
 * What a police platform costs and how long it waits: every camera played over GB/T 28181 by the platform simulator, which judges each packet.
 * The gateway is a process of its own, with its alarms, as in the bench of streams.
 */
import { cpus, loadavg } from 'node:os';
import { channelId, uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import type { PlayTransport } from '../../simulators/platform/gb28181/live/door.ts';
import type { Play } from '../../simulators/platform/gb28181/live/play.ts';
import { type GbPlatform, openGbPlatform } from '../../simulators/platform/gb28181/platform.ts';
import { cameraClip } from '../support/camera-clip.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import type { Seen, Viewers } from '../support/measure-viewers.ts';
import { openOnvifDoors } from '../support/onvif-doors.ts';
import { type FarmOptions, openCameraFarm, watchRtsp } from '../support/stream-programs.ts';
import type { Bench } from './alarms.ts';
import { alarms } from './gb28181/alarms.ts';
import { type MeasuredGateway, openMeasuredGateway } from './streams/gateway-run.ts';
import { medianOf, sumOf, upTo, viewersPlayWithin } from './streams/window.ts';

const device = '34020000001180000001';
const password = 'only-for-this-bench';
const channelCode = (number: number) => `34020000001310${String(number).padStart(6, '0')}`;
const never = new AbortController().signal;
const registersWithin = seconds(30);
/** Milliseconds of one group of pictures of the clip. */
const group = 2_000;
/** From SetSynchronizationPoint to the keyframe: several pictures late, as a busy encoder is. */
const reactsAfter = millis(200);

/** What it may cost, ms of CPU per stream-second; 32 streams of 2 Mbps. Nothing of it is on the main thread, where the alarms would drown it. */
const costLimits = { 'tcp-passive': 2.6, udp: 4.2 } as const;
/** Of the platform; the gateway connects over TCP. */
type Way = keyof typeof costLimits;
const ways: readonly Way[] = ['tcp-passive', 'udp'];
const named = (way: Way) => (way === 'udp' ? 'UDP' : 'TCP');

const parts: Readonly<Record<string, (stand: Stand) => Promise<readonly Figure[]>>> = { cost, warm, cold };
export const gbParts: readonly string[] = [...Object.keys(parts), 'synchronised', 'alarms'];

interface Stand {
  readonly measured: MeasuredGateway;
  readonly platform: GbPlatform;
  readonly cameras: number;
  readonly runs: number;
  readonly seed: number;
}

export async function benchGb28181(bench: Bench): Promise<readonly Figure[]> {
  const { quick, seed, part } = bench;
  const load = loadavg()[0] ?? 0;
  if (load > cpus().length / 2) console.warn(`This machine is not quiet (load ${load.toFixed(1)}): what follows is noise.`);
  const runs = { runs: quick ? 1 : 3, seed };
  const figures: Figure[] = [];
  const wanted = Object.entries(parts).filter(([name]) => part === undefined || part === name);
  const farm = async () => ({ cameras: quick ? 8 : 32, clip: await cameraClip() });
  if (wanted.length > 0) {
    await using stand = await openStand(await farm(), runs);
    for (const [, measure] of wanted) figures.push(...(await measure(stand)));
  }
  // `cold` is both: what a camera does that is asked for a keyframe, and what we add where none can be asked for.
  if (part === undefined || part === 'cold' || part === 'synchronised') {
    await using stand = await openStand(await farm(), { ...runs, reactsAfter });
    figures.push(...(await synchronised(stand)));
  }
  if (part === undefined || part === 'alarms') figures.push(...(await alarms(bench)));
  return figures;
}

/** With `reactsAfter` the cameras speak ONVIF, and give a keyframe so long after they are asked for one. */
async function openStand(
  options: FarmOptions,
  { runs, seed, reactsAfter }: Pick<Stand, 'runs' | 'seed'> & { readonly reactsAfter?: Millis },
): Promise<Stand & AsyncDisposable> {
  await using opening = new Scope();
  const farm = opening.own(await openCameraFarm(options));
  const listen = { address: '127.0.0.1', port: 0 };
  const welcome = { queries: false, subscriptions: [] };
  const platform = opening.own(await openGbPlatform({ clock: systemClock, log: silentLogger, listen, passwords: password, welcome }));
  const doors = reactsAfter === undefined ? undefined : opening.own(await openOnvifDoors(farm, reactsAfter));
  const measured = opening.own(
    await openMeasuredGateway(farm, (store) => {
      furnish(store, platform, options.cameras);
      doors?.furnish(store);
    }),
  );
  const limit = systemClock.monotonic() + registersWithin;
  while (!platform.devices().some(({ online }) => online)) {
    if (systemClock.monotonic() > limit) throw new Error(`The gateway has not registered within ${registersWithin} ms.`);
    await systemClock.sleep(millis(100));
  }
  const scope = opening.release();
  return { measured, platform, cameras: options.cameras, runs, seed, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

function furnish(store: InventoryStore, platform: GbPlatform, cameras: number): void {
  const channels = Object.fromEntries(upTo(cameras).map((number) => [channelId(`cam-${number}`), channelCode(number)]));
  store.putUplink({
    ...{ id: uplinkId('city'), name: 'City', adapter: 'gb28181', secret: new Secret(password), enabled: true },
    settings: {
      platform: { code: platform.id, ...platform.address },
      local: { address: '127.0.0.1', port: 25_060 },
      codes: { device, channels },
      media: { most: cameras },
    },
  });
}

/** One call for each camera, all at once. */
async function playAll({ platform, cameras }: Stand, transport: PlayTransport): Promise<readonly Play[]> {
  const plays = await Promise.all(upTo(cameras).map((number) => platform.play(device, { channel: channelCode(number), transport }, never)));
  const refused = plays.filter(({ status }) => status !== 200);
  if (refused.length > 0) throw new Error(`${refused.length} of ${cameras} calls were answered ${refused[0]?.status}.`);
  const limit = systemClock.monotonic() + viewersPlayWithin;
  while (plays.some(({ firstKeyframeAfter }) => firstKeyframeAfter === undefined)) {
    if (systemClock.monotonic() > limit) throw new Error(`Not every call saw a keyframe within ${viewersPlayWithin} ms.`);
    await systemClock.sleep(millis(50));
  }
  return plays;
}

const endAll = (plays: readonly Play[]) => Promise.all(plays.map((play) => play.bye(never)));

/** The calls as viewers whose sight is measured. */
function viewersOf(plays: readonly Play[]): Viewers {
  let marked = plays.map((play) => play.counters());
  const unknown = { count: 0, p50: null, p99: null, most: null };
  return {
    mark: () => {
      marked = plays.map((play) => play.counters());
    },
    tell: async (): Promise<Seen> => ({
      ...{ first: unknown, whole: unknown },
      viewers: plays.map((play, index) => {
        const [now, then] = [play.counters(), marked[index]!];
        return {
          packets: now.packets - then.packets,
          pictures: now.frames - then.frames,
          sequenceGaps: now.lost - then.lost,
          pictureGaps: now.violations - then.violations,
          played: play.firstPacketAfter ?? null,
          firstPacket: play.firstPacketAfter ?? null,
          firstKeyframe: play.firstKeyframeAfter ?? null,
          closed: play.ended.aborted,
        };
      }),
    }),
    [Symbol.asyncDispose]: async () => void (await endAll(plays)),
  };
}

async function cost(stand: Stand): Promise<readonly Figure[]> {
  const { measured, cameras, runs, seed } = stand;
  const watch = (way: Way) => async () => viewersOf(await playAll(stand, way));
  for (const way of ways) await measured.warm(watch(way));
  await measured.rest();
  const idle = await measured.idle();
  const byWay = ways.map((way) => ({ way, windows: [] as Awaited<ReturnType<MeasuredGateway['run']>>[] }));
  for (let run = 0; run < runs; run += 1) for (const { way, windows } of byWay) windows.push(await measured.run(watch(way), idle));
  return byWay.flatMap(({ way, windows }) => {
    const perStream = (part: 'net' | 'apart' | 'worker') => medianOf(windows.map((window) => window[part] / cameras));
    return figuresOf({ test: `gb28181, program stream by ${named(way)}`, dose: `${cameras} cameras, 2 Mbps`, seed }, [
      { metric: 'CPU without the alarms, per stream-second', value: perStream('net'), unit: 'ms' },
      { metric: 'CPU off the main thread, per stream-second', value: perStream('apart'), unit: 'ms', limit: costLimits[way] },
      { metric: 'CPU of the media worker, per stream-second', value: perStream('worker'), unit: 'ms' },
      { metric: 'lost packets and violations, all runs', value: sumOf(windows.map(({ gaps }) => gaps)), unit: 'count', limit: 0 },
      { metric: 'calls that got too few pictures', value: sumOf(windows.map(({ starved }) => starved)), unit: 'count', limit: 0 },
      { metric: 'resident, most', value: mostOf(windows.map(({ resident }) => resident)), unit: 'MB' },
    ]);
  });
}

/** Every camera is pulled already. */
async function warm(stand: Stand): Promise<readonly Figure[]> {
  const { measured, cameras, runs } = stand;
  const { gateway, key } = measured.loaded;
  await using _watching = await watchRtsp({ port: gateway.rtspPort, cameras: upTo(cameras), account: key }, viewersPlayWithin);
  await systemClock.sleep(seconds(group / 1_000));
  return waits(stand, 'warm', runs, 150, async () => undefined);
}

/** No camera is pulled. One that begins in the middle of a group and cannot be asked shows nothing before its next keyframe: that wait is the camera's. */
async function cold(stand: Stand): Promise<readonly Figure[]> {
  return waits(stand, 'cold', stand.runs, undefined, () => stand.measured.rest());
}

/** The same cameras, which give a keyframe when they are asked for one by ONVIF. */
async function synchronised(stand: Stand): Promise<readonly Figure[]> {
  return waits(stand, 'cold, synchronised', stand.runs, 1_500, () => stand.measured.rest());
}

async function waits(
  stand: Stand,
  test: 'warm' | 'cold' | 'cold, synchronised',
  runs: number,
  limit: number | undefined,
  before: () => Promise<void>,
): Promise<readonly Figure[]> {
  const { cameras, seed } = stand;
  const figures: Figure[] = [];
  for (const way of ways) {
    const joins: (readonly number[])[] = [];
    for (let run = 0; run <= runs; run += 1) {
      await before();
      const plays = await playAll(stand, way);
      joins.push(plays.map(({ firstPacketAfter }) => firstPacketAfter ?? Number.NaN));
      await endAll(plays);
      await systemClock.sleep(seconds(1));
    }
    const [first = [], ...later] = joins;
    const at = (quantile: number) => medianOf(later.map((each) => quantileOf(each, quantile)));
    const beyond = medianOf(later.map((each) => mostOf(each) - group));
    figures.push(
      ...figuresOf({ test: `gb28181, ${test} start by ${named(way)}`, dose: `${cameras} calls at once`, seed }, [
        { metric: 'INVITE to first RTP packet, p50', value: at(0.5), unit: 'ms' },
        { metric: 'INVITE to first RTP packet, p95', value: at(0.95), unit: 'ms', ...(limit === undefined ? {} : { limit }) },
        { metric: 'the same, the first time after its start', value: quantileOf(first, 0.95), unit: 'ms' },
        ...(test === 'cold' ? [{ metric: 'most beyond one group of pictures of the camera', value: beyond, unit: 'ms', limit: 200 }] : []),
      ]),
    );
  }
  return figures;
}

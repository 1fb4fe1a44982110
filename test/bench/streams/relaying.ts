/** What relaying costs: the gateway and the least relay in turn, from the same cameras. */
import { type Figure, figuresOf } from '../../support/measure-figures.ts';
import { cameraAccount, type FarmOptions, openCameraFarm, openFloorRelay, type StreamServer, watchRtsp } from '../../support/stream-programs.ts';
import { byRtsp, type GatewayRun, type MeasuredGateway, openMeasuredGateway, type Watch } from './gateway-run.ts';
import { inAll, measureWindow, medianOf, sumOf, upTo, viewersPlayWithin, type Window } from './window.ts';

interface Named {
  readonly test: string;
  readonly dose: string;
  readonly seed: number;
}

export interface Relaying extends Named {
  readonly farm: FarmOptions;
  /** Number of the camera of each viewer. */
  readonly viewers: readonly number[];
  readonly runs: number;
  /** Of the gateway's CPU to the floor's: without the alarms, and without the main thread, which RTSP never touches. */
  readonly ratioLimit: number;
}

export interface Relayed {
  readonly figures: readonly Figure[];
  readonly runs: readonly GatewayRun[];
  readonly idleResident: number;
}

/** In each round the floor first, beside the gateway with its alarms alone; then the gateway. */
export async function benchRelaying({ farm: options, viewers, runs, ratioLimit, ...named }: Relaying): Promise<Relayed> {
  await using farm = await openCameraFarm(options);
  await using measured = await openMeasuredGateway(farm);
  const gateways: GatewayRun[] = [];
  const floors: Window[] = [];
  await measured.warm(byRtsp(viewers));
  for (let run = 0; run < runs; run += 1) {
    await measured.rest();
    const floor = await runFloor(farm, viewers, measured);
    floors.push(floor);
    gateways.push(await measured.run(byRtsp(viewers), floor.beside));
  }
  const streams = viewers.length;
  const floor = medianOf(floors.map(({ cpu }) => inAll(cpu) / streams));
  const to = (part: Part) => medianOf(gateways.map((run) => run[part] / streams)) / floor;
  const at = (quantile: 'p50' | 'p99') => medianOf(floors.map(({ seen: { first } }) => first[quantile]));
  const figures = figuresOf(named, [
    ...costRows(gateways, streams),
    { metric: 'CPU of the least relay, per viewer-second', value: floor, unit: 'ms' },
    { metric: 'CPU off the main thread, to the least relay', value: to('apart'), unit: 'times', limit: ratioLimit },
    { metric: 'CPU of the media worker, to the least relay', value: to('worker'), unit: 'times' },
    { metric: 'CPU without the alarms, to the least relay', value: to('net'), unit: 'times' },
    { metric: 'CPU with the alarms, to the least relay', value: to('total'), unit: 'times' },
    ...soundRows(gateways, await measured.loaded.lostAlarms()),
    { metric: 'gaps at the least relay, all runs', value: sumOf(floors.map(({ gaps }) => gaps)), unit: 'count', limit: 0 },
    { metric: 'camera to viewer through the least relay, p50', value: at('p50'), unit: 'ms' },
    { metric: 'camera to viewer through the least relay, p99', value: at('p99'), unit: 'ms' },
  ]);
  return { figures, runs: gateways, idleResident: measured.idleResident };
}

async function runFloor(farm: StreamServer, cameras: readonly number[], { loaded: { gateway } }: MeasuredGateway): Promise<Window> {
  await using relay = await openFloorRelay(farm);
  await using viewers = await watchRtsp({ port: relay.port, cameras, account: cameraAccount }, viewersPlayWithin);
  return await measureWindow(viewers, relay, gateway);
}

export interface Costing {
  readonly farm: FarmOptions;
  readonly runs: number;
  readonly seed: number;
  /** Each is measured in turn in every round, with one viewer per camera. */
  readonly ways: readonly Way[];
}

interface Way {
  readonly test: string;
  readonly dose: string;
  readonly watch: Watch;
  /** ms of CPU per stream-second, without the alarms. */
  readonly costLimit?: number;
  /** Per cent of a core, without the alarms. */
  readonly coreLimit?: number;
}

/** The gateway alone. */
export async function benchCost({ farm: options, runs, seed, ways }: Costing): Promise<readonly Relayed[]> {
  await using farm = await openCameraFarm(options);
  await using measured = await openMeasuredGateway(farm);
  const { idleResident } = measured;
  for (const { watch } of ways) await measured.warm(watch);
  await measured.rest();
  const idle = await measured.idle();
  const byWay = ways.map((way): Way & { readonly gateways: GatewayRun[] } => ({ ...way, gateways: [] }));
  for (let run = 0; run < runs; run += 1) for (const { watch, gateways } of byWay) gateways.push(await measured.run(watch, idle));
  const lostAlarms = await measured.loaded.lostAlarms();
  return byWay.map(({ test, dose, costLimit, coreLimit, gateways }) => {
    const core = (part: Part) => medianOf(gateways.map((run) => run[part] / 10));
    const rows = [
      ...costRows(gateways, options.cameras, costLimit),
      { metric: 'CPU without the alarms', value: core('net'), unit: '% of a core', ...(coreLimit === undefined ? {} : { limit: coreLimit }) },
      { metric: 'CPU with the alarms', value: core('total'), unit: '% of a core' },
      ...soundRows(gateways, lostAlarms),
    ];
    return { figures: figuresOf({ test, dose, seed }, rows), runs: gateways, idleResident };
  });
}

type Part = 'net' | 'total' | 'apart' | 'worker';

function costRows(runs: readonly GatewayRun[], streams: number, limit?: number) {
  const each = (part: Part) => medianOf(runs.map((run) => run[part] / streams));
  return [
    { metric: 'CPU without the alarms, per viewer-second', value: each('net'), unit: 'ms', ...(limit === undefined ? {} : { limit }) },
    { metric: 'CPU off the main thread, without the alarms, per viewer-second', value: each('apart'), unit: 'ms' },
    { metric: 'CPU of the busiest of those threads, per viewer-second', value: each('worker'), unit: 'ms' },
    { metric: 'CPU with the alarms, per viewer-second', value: each('total'), unit: 'ms' },
    { metric: 'CPU of the alarms alone, per second', value: medianOf(runs.map(({ idle }) => idle)), unit: 'ms' },
  ];
}

function soundRows(runs: readonly GatewayRun[], lostAlarms: number) {
  return [
    { metric: 'gaps in sequence or picture numbers, all runs', value: sumOf(runs.map(({ gaps }) => gaps)), unit: 'count', limit: 0 },
    { metric: 'viewers that got too few pictures, all runs', value: sumOf(runs.map(({ starved }) => starved)), unit: 'count', limit: 0 },
    { metric: 'alarms that never arrived', value: lostAlarms, unit: 'count', limit: 0 },
    { metric: 'resident memory', value: medianOf(runs.map(({ resident }) => resident)), unit: 'MB' },
  ];
}

/** From the camera's sending to the viewer, as it is; beside it the same viewers at the cameras themselves. */
export async function latencyFigures({ runs }: Relayed, farmOptions: FarmOptions, named: Named): Promise<readonly Figure[]> {
  await using farm = await openCameraFarm(farmOptions);
  await using viewers = await watchRtsp({ port: farm.port, cameras: upTo(farm.cameras), account: cameraAccount }, viewersPlayWithin);
  const direct = (await measureWindow(viewers, farm)).seen.first;
  const at = (quantile: 'p50' | 'p99' | 'most') => medianOf(runs.map(({ seen: { first } }) => first[quantile]));
  return figuresOf(named, [
    { metric: 'camera to viewer, p50', value: at('p50'), unit: 'ms', limit: 0.5 },
    { metric: 'camera to viewer, p99', value: at('p99'), unit: 'ms', limit: 3 },
    { metric: 'camera to viewer, most', value: at('most'), unit: 'ms' },
    { metric: 'camera to viewer without a relay, p50', value: direct.p50 ?? Number.NaN, unit: 'ms' },
    { metric: 'camera to viewer without a relay, p99', value: direct.p99 ?? Number.NaN, unit: 'ms' },
  ]);
}

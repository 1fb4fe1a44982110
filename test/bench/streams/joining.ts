/** How long a viewer waits for its first picture: from a warm cache, and from a camera that nobody has pulled. */
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../../support/measure-figures.ts';
import type { Seen } from '../../support/measure-viewers.ts';
import { cameraAccount, type FarmOptions, openCameraFarm, openRtspViewers, type RtspTarget, watchRtsp } from '../../support/stream-programs.ts';
import { openMeasuredGateway, streamsWarming } from './gateway-run.ts';
import { openGatewayUnderLoad } from './gateway-under-load.ts';
import { medianOf, upTo, viewersPlayWithin } from './window.ts';

interface Joining {
  readonly farm: FarmOptions;
  readonly runs: number;
  readonly seed: number;
}

/** Milliseconds of one group of pictures of the clip. */
const group = 2_000;

/** Joins of all viewers that go before: V8 compiles what joining needs in its first thousand, and a wall joins every day. */
const joinsBefore = 20;
const joinsMeasured = 9;

/** One viewer watches every camera; then as many join at once. The first time, when nothing of joining is compiled, is told beside. */
export async function benchWarmJoins({ farm: options, seed }: Omit<Joining, 'runs'>): Promise<readonly Figure[]> {
  await using farm = await openCameraFarm(options);
  await using loaded = await openGatewayUnderLoad(farm);
  const { gateway, key } = loaded;
  const target = { port: gateway.rtspPort, cameras: upTo(options.cameras) };
  await using _watching = await watchRtsp({ ...target, account: key }, viewersPlayWithin);
  await systemClock.sleep(streamsWarming);
  const joins: (readonly number[])[] = [];
  for (let run = 0; run < joinsBefore + joinsMeasured; run += 1) {
    joins.push(waitsOf(await joined(key, target)));
    await systemClock.sleep(seconds(1));
  }
  const [first = []] = joins;
  const later = joins.slice(joinsBefore);
  const at = (quantile: number) => medianOf(later.map((waits) => quantileOf(waits, quantile)));
  return figuresOf({ test: 'streams, warm join', dose: `${options.cameras} viewers at once`, seed }, [
    { metric: 'call to first whole picture, p50', value: at(0.5), unit: 'ms', limit: 30 },
    { metric: 'call to first whole picture, p99', value: at(0.99), unit: 'ms', limit: 80 },
    { metric: 'the same, p99, the first time after its start', value: quantileOf(first, 0.99), unit: 'ms' },
  ]);
}

/**
 * All cameras at once, none of them pulled before. The cameras' keyframes are spread over the group: one viewer waits nearly a whole one.
 * The very first time of a gateway's life, when nothing is compiled, is told beside.
 */
export async function benchColdStart({ farm: options, runs, seed }: Joining): Promise<readonly Figure[]> {
  await using farm = await openCameraFarm(options);
  const cameras = upTo(options.cameras);
  const direct = await joined(cameraAccount, { port: farm.port, cameras });
  const handshake = mostOf(direct.viewers.map(({ played }) => played ?? Number.NaN));
  await using measured = await openMeasuredGateway(farm);
  const { key, gateway } = measured.loaded;
  const beyond = (waits: readonly number[]) => mostOf(waits) - handshake - group;
  const starts: (readonly number[])[] = [];
  for (let run = 0; run <= runs; run += 1) {
    await measured.rest();
    starts.push(waitsOf(await joined(key, { port: gateway.rtspPort, cameras })));
  }
  const [first = [], ...later] = starts;
  return figuresOf({ test: 'streams, cold start', dose: `${options.cameras} cameras at once`, seed }, [
    { metric: "the cameras' own handshake, most", value: handshake, unit: 'ms' },
    { metric: 'call to first whole picture, p50', value: medianOf(later.map((waits) => quantileOf(waits, 0.5))), unit: 'ms' },
    { metric: 'call to first whole picture, most', value: medianOf(later.map(mostOf)), unit: 'ms' },
    { metric: 'most beyond the handshake and one group of pictures', value: medianOf(later.map(beyond)), unit: 'ms', limit: 50 },
    { metric: 'the same, the first time after its start', value: beyond(first), unit: 'ms' },
  ]);
}

async function joined(account: RtspTarget['account'], target: Pick<RtspTarget, 'port' | 'cameras'>): Promise<Seen> {
  await using viewers = openRtspViewers(account);
  viewers.join(target);
  return await viewers.playing(viewersPlayWithin);
}

const waitsOf = ({ viewers }: Seen): readonly number[] => viewers.map(({ firstKeyframe }) => firstKeyframe ?? Number.NaN);

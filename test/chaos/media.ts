/** The media worker is broken during 50 alarms a second and four streams: alarms do not notice, pictures come back by themselves. */
import { type Millis, millis, seconds } from '../../gateway/domain/time.ts';
import { hashPassword } from '../../gateway/http/sessions/password.ts';
import type { MediaFault } from '../../gateway/media/sabotage.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { type Figure, figuresOf, mostOf, quantileOf, randomFrom } from '../support/measure-figures.ts';
import type { GatewayChild } from '../support/measure-gateway.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { type Watcher, watchAsPage, watchRtsp } from '../support/measure-watchers.ts';
import { openRtspPlayer } from '../support/rtsp-player.ts';
import { openStreams, type Streams } from '../support/watched-cameras.ts';
import type { Campaign } from './kill.ts';

const perSecond = 50;
const streamCount = 4;
/** Of the simulated cameras. */
const pictureGroup = 1_000;
const within = 2_000;
/** A worker that lives this long is healthy: its end is not counted as one of a series. */
const between = seconds(5.5);
const account = { name: 'watcher', password: 'correct horse 9 battery' };

/** Milliseconds; NaN for what did not happen. */
interface Recovery {
  readonly fault: MediaFault;
  /** From the fault to the end of the worker. */
  readonly noticed: number;
  readonly pulled: number;
  readonly listening: number;
  readonly rtspPicture: number;
  readonly pagePicture: number;
}

/** Every fault `runs` times, in one school. */
export function mediaCampaign(...faults: readonly MediaFault[]): (campaign: Campaign) => Promise<readonly Figure[]> {
  return async ({ runs, seed, broken }) => {
    const random = randomFrom(seed);
    await using scope = new Scope();
    const streams = scope.own(await openStreams(streamCount));
    const passwordHash = await hashPassword(account.password);
    const school = scope.own(
      await openMeasuredSchool({
        rtsp: true,
        furnish(store) {
          streams.furnish(store);
          store.addUser(account.name, 'viewer', passwordHash);
        },
        broken: { mediaFaults: true, ...broken },
      }),
    );
    const { gateway } = school;
    await gateway.start();
    const rtsp = streams.channels.map((channel) => scope.own(watchRtsp(gateway.rtspPort, `/${channel}/main`, streams.key)));
    const page = scope.own(await watchAsPage(gateway.origin, account, streams.channels[0] ?? ''));
    await until(() => [page, ...rtsp].every(({ beginnings }) => beginnings.length > 0), seconds(30));
    await school.pressSteadily(perSecond, perSecond);
    await school.settled(seconds(15));

    const warmUp = school.presses.length;
    const pressing = new AbortController();
    const pressed = school.pressUntil(pressing.signal, perSecond);
    const recoveries: Recovery[] = [];
    for (const fault of Array.from({ length: runs }, () => faults).flat()) {
      await systemClock.sleep(millis(between + random() * 1_000));
      recoveries.push(await breakAndWatch({ gateway, streams, rtsp, page, fault, patience: seconds(broken ? 4 : 20) }));
    }
    // Journalled like any other fault, and delivered like any alarm.
    const told = () => school.arrivals.some(({ kind, row }) => kind === 'fault.raised' && row.body.includes('"media-restarted"'));
    for (let waited = 0; !told() && waited < (broken ? 1 : 100); waited += 1) await systemClock.sleep(millis(100));
    pressing.abort();
    await pressed;
    await school.settled(seconds(broken ? 5 : 15));

    const latencies = school.presses.slice(warmUp).flatMap((press) => {
      const arrival = school.arrived.get(pressKey(press));
      return arrival ? [arrival.at - press.pressedAt] : [];
    });
    const alarms = school.presses.length - warmUp;
    const dose = `${runs} of each, ${alarms} alarms at ${perSecond}/s, ${streamCount} streams`;
    return [
      ...faults.flatMap((fault) => figuresOf({ test: `chaos media ${fault}`, dose, seed }, recoveryRows(recoveries, fault))),
      ...figuresOf({ test: `chaos media ${faults.join(', ')}`, dose, seed }, [
        { metric: 'alarms that never arrived', value: alarms - latencies.length, unit: 'count', limit: 0 },
        { metric: 'publish to receipt, p99', value: quantileOf(latencies, 0.99), unit: 'ms', limit: 40 },
        { metric: 'publish to receipt, most', value: mostOf(latencies), unit: 'ms' },
        { metric: 'workers ended that nobody broke', value: gateway.said('media worker ended') - recoveries.length, unit: 'count', limit: 0 },
        { metric: 'restarts that the police side was not told of', value: told() ? 0 : 1, unit: 'count', limit: 0 },
        { metric: 'page sockets lost', value: page.connections - 1, unit: 'count', limit: 0 },
        { metric: 'ends of the whole gateway', value: gateway.unplannedExits, unit: 'count', limit: 0 },
      ]),
    ];
  };
}

function recoveryRows(recoveries: readonly Recovery[], fault: MediaFault) {
  const most = (name: Exclude<keyof Recovery, 'fault'>) => mostOf(recoveries.filter((one) => one.fault === fault).map((one) => one[name]));
  return [
    // How fast a leak grows is no merit of ours, and the collector of a runaway heap cannot be interrupted.
    { metric: 'fault to the end of the worker', value: most('noticed'), unit: 'ms', ...(fault === 'hang' ? { limit: 1_000 } : {}) },
    { metric: 'cameras pulled again after', value: most('pulled'), unit: 'ms', limit: within },
    { metric: 'RTSP answers again after', value: most('listening'), unit: 'ms', limit: within },
    { metric: 'RTSP client has a picture after', value: most('rtspPicture'), unit: 'ms', limit: within + pictureGroup },
    { metric: 'page has a picture after', value: most('pagePicture'), unit: 'ms', limit: within + pictureGroup },
  ];
}

interface Scene {
  readonly gateway: GatewayChild;
  readonly streams: Streams;
  readonly rtsp: readonly Watcher[];
  readonly page: Watcher;
  readonly fault: MediaFault;
  readonly patience: Millis;
}

async function breakAndWatch({ gateway, streams, rtsp, page, fault, patience }: Scene): Promise<Recovery> {
  const ended = gateway.says('media worker ended', patience);
  const before = streams.plays();
  const at = performance.now();
  gateway.type(`media ${fault}`);
  const endedAt = (await ended) ?? Number.NaN;
  // One that leaks works until it is ended; all others are out of work at once.
  const since = fault === 'leak' ? endedAt : at;
  const limit = performance.now() + patience;
  const when = async (claim: () => boolean | Promise<boolean>): Promise<number> => {
    while (Number.isFinite(endedAt) && performance.now() < limit) {
      if (await claim()) return performance.now() - since;
      await systemClock.sleep(millis(10));
    }
    return Number.NaN;
  };
  const shown = async (watchers: readonly Watcher[]) => {
    await when(() => watchers.every(({ beginnings }) => (beginnings.at(-1) ?? 0) > at));
    return Math.max(...watchers.map(({ beginnings }) => beginnings.find((beginning) => beginning > at) ?? Number.NaN)) - since;
  };
  const [pulled, listening, rtspPicture, pagePicture] = await Promise.all([
    when(() => streams.plays().every((plays, index) => plays > (before[index] ?? 0))),
    when(() => answersRtsp(gateway.rtspPort, `/${streams.channels[0]}/main`, streams.key)),
    shown(rtsp),
    shown([page]),
  ]);
  return { fault, noticed: endedAt - at, pulled, listening, rtspPicture, pagePicture };
}

async function answersRtsp(port: number, path: string, key: Streams['key']): Promise<boolean> {
  try {
    await using player = await openRtspPlayer(port, path, key);
    return (await player.ask('OPTIONS')).status === 200;
  } catch {
    return false; // nobody listens yet
  }
}

async function until(claim: () => boolean, length: number): Promise<void> {
  const limit = performance.now() + length;
  while (!claim()) {
    if (performance.now() > limit) throw new Error(`Not all viewers had a picture within ${length} ms.`);
    await systemClock.sleep(millis(50));
  }
}

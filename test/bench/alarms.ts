/** How fast an alarm goes from the panel's publish to the police side's receipt, with the gateway as a process of its own. */
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { openStreams } from '../support/watched-cameras.ts';
import { type Load, underLoad } from './alarms/load.ts';
import { loopDelay } from './alarms/loop-delay.ts';
import { outage } from './alarms/outage.ts';
import { cpuRate, inAll } from './streams/window.ts';

export interface Bench {
  readonly quick: boolean;
  readonly seed: number;
  /** Absent: all of it. */
  readonly part?: string;
  /** How it is broken on purpose. */
  readonly broken?: string;
  /** How long it lasts. */
  readonly minutes?: number;
}

const perSecond = 50;
const warmUp = 50;
/** As the acceptance asks. */
const streamCount = 4;

/** As the acceptance of alarm truth asks. */
const loads: Readonly<Record<string, Omit<Load, 'test' | 'seed'>>> = {
  steady: { panels: 10, perSecond: 200, seconds: 20, panicEvery: 21, limits: { acknowledged: 15, accepted: 40 } },
  burst: { panels: 50, perSecond: 2_000, seconds: 10, panicEvery: 99, limits: { acknowledged: 50, panicAccepted: 150 } },
  sustained: { panels: 50, perSecond: 5_000, seconds: 10, panicEvery: 999, limits: { acknowledged: 100 } },
  'late-commits': { panels: 10, perSecond: 200, seconds: 20, panicEvery: 21, commitDelayMillis: 20, limits: { acknowledged: 120, loop: 10 } },
};

/** One line per part. */
const parts: Readonly<Record<string, (bench: Pick<Measuring, 'alarms' | 'seed'>) => Promise<readonly Figure[]>>> = {
  cost: measureCost,
  receipt: (bench) => measure({ test: 'alarms', ...bench, latencyLimit: 40 }),
  'slow-disk': (bench) => measure({ test: 'alarms, slow disk', ...bench, latencyLimit: 150, commitDelayMillis: 20, loopLimit: 10 }),
  ...Object.fromEntries(Object.entries(loads).map(([name, load]) => [name, ({ seed }) => underLoad({ test: `alarms, ${name}`, seed, ...load })])),
};

/** Half an hour, and two gigabytes of disk: only when it is asked for. */
const long: Readonly<Record<string, (bench: Pick<Bench, 'quick' | 'seed'>) => Promise<readonly Figure[]>>> = {
  outage: ({ quick, seed }) => outage({ alarms: quick ? 20_000 : 1_000_000, seed }),
};

export const alarmParts: readonly string[] = [...Object.keys(parts), ...Object.keys(long)];
/** What `--quick` runs. */
const short: readonly string[] = ['cost', 'receipt', 'slow-disk'];

export async function benchAlarms(bench: Bench): Promise<readonly Figure[]> {
  const { quick, seed, part } = bench;
  if (part !== undefined && long[part]) return long[part](bench);
  const figures: Figure[] = [];
  for (const [name, measurePart] of Object.entries(parts)) {
    if (part === undefined ? !quick || short.includes(name) : part === name)
      figures.push(...(await measurePart({ alarms: quick ? 200 : 1_000, seed })));
  }
  return figures;
}

/** V8 has compiled what an alarm needs by then, as on a box that has run for a day: before, it costs half as much again. */
const compiling = { alarms: 4_000, perSecond: 250 } as const;
const quiet = seconds(15);
const mostPerAlarm = 2.5;

/** What one alarm costs by itself, from the panel's publish to the journalled receipt, and what a gateway costs to which nothing happens. */
async function measureCost({ alarms, seed }: Pick<Measuring, 'alarms' | 'seed'>): Promise<readonly Figure[]> {
  await using school = await openMeasuredSchool();
  const { gateway } = school;
  await gateway.start();
  await school.pressSteadily(compiling.alarms, compiling.perSecond);
  if (!(await school.settled(quiet))) throw new Error('The warm-up never arrived.');
  // The last snapshots and lamps of the warm-up would be taken for what it costs to do nothing.
  await school.queuesEmpty(quiet);
  await systemClock.sleep(seconds(2));
  const idle = inAll(await cpuRate(gateway));

  const began = systemClock.monotonic();
  const before = gateway.cpuMillis();
  await school.pressSteadily(alarms, perSecond);
  if (!(await school.settled(quiet))) throw new Error('An alarm never arrived.');
  await school.queuesEmpty(quiet);
  const cpu = gateway.cpuMillis() - before;
  const elapsed = (systemClock.monotonic() - began) / 1_000;
  return figuresOf({ test: 'alarms, cost', dose: `${alarms} alarms at ${perSecond}/s, nothing else, code compiled`, seed }, [
    { metric: 'CPU per alarm', value: (cpu - idle * elapsed) / alarms, unit: 'ms', limit: mostPerAlarm },
    { metric: 'CPU in all', value: cpu / elapsed, unit: 'ms/s' },
    { metric: 'CPU without alarms', value: idle, unit: 'ms/s' },
  ]);
}

interface Measuring {
  readonly test: string;
  readonly alarms: number;
  readonly seed: number;
  /** Milliseconds, p99. */
  readonly latencyLimit: number;
  readonly commitDelayMillis?: number;
  /** Milliseconds, p99; absent: told only. */
  readonly loopLimit?: number;
}

async function measure({ test, alarms, seed, latencyLimit, commitDelayMillis, loopLimit }: Measuring): Promise<readonly Figure[]> {
  await using streams = await openStreams(streamCount);
  await using school = await openMeasuredSchool({
    rtsp: true,
    furnish: streams.furnish,
    ...(commitDelayMillis === undefined ? {} : { broken: { commitDelayMillis } }),
  });
  const { gateway } = school;
  await gateway.start();
  await using viewers = await streams.watch(gateway);
  await school.pressSteadily(warmUp, perSecond);
  if (!(await school.settled(seconds(15)))) throw new Error('The warm-up never arrived.');

  await loopDelay(gateway); // a scrape ends the interval that the next one tells
  const cpuBefore = gateway.cpuMillis();
  const framesBefore = viewers.frames();
  await school.pressSteadily(alarms, perSecond);
  const frames = viewers.frames().map((count, index) => count - (framesBefore[index] ?? 0));
  const cpu = gateway.cpuMillis() - cpuBefore;
  const loop = await loopDelay(gateway);
  await school.settled(seconds(15));
  await gateway.stop();

  const measured = school.presses.slice(warmUp);
  const latencies = measured.flatMap((press) => {
    const arrival = school.arrived.get(pressKey(press));
    return arrival ? [arrival.at - press.pressedAt] : [];
  });
  const playing = frames.length === 0 ? 'no streams' : `${frames.length} streams`;
  const slow = commitDelayMillis === undefined ? '' : `, commit ${commitDelayMillis} ms late`;
  return figuresOf({ test, dose: `${alarms} alarms at ${perSecond}/s, ${playing}${slow}`, seed }, [
    { metric: 'alarms that never arrived', value: measured.length - latencies.length, unit: 'count', limit: 0 },
    { metric: 'publish to receipt, p50', value: quantileOf(latencies, 0.5), unit: 'ms' },
    { metric: 'publish to receipt, p99', value: quantileOf(latencies, 0.99), unit: 'ms', limit: latencyLimit },
    { metric: 'publish to receipt, most', value: mostOf(latencies), unit: 'ms' },
    { metric: 'main-loop delay, p99', value: loop.p99, unit: 'ms', ...(loopLimit === undefined ? {} : { limit: loopLimit }) },
    { metric: 'main-loop delay, most', value: loop.most, unit: 'ms' },
    { metric: 'CPU of the gateway per alarm, its streams and first seconds with it', value: cpu / alarms, unit: 'ms' },
    ...(frames.length === 0
      ? []
      : [
          {
            metric: 'streams that stood still',
            value: frames.filter((count) => count < (alarms / perSecond) * leastFrames).length,
            unit: 'count',
            limit: 0,
          },
        ]),
  ]);
}

/** A stream that shows fewer pictures a second than this does not play. */
const leastFrames = 10;

/** Many alarms a second, with streams beside them: how soon each is on disk, acknowledged to its panel and accepted by the police side. */
import { seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../../support/measure-figures.ts';
import { waysOf } from '../../support/measure-hops.ts';
import { pressKey } from '../../support/measure-ledger.ts';
import { loopDelay } from './loop-delay.ts';
import type { Shot } from './press-gun.ts';
import { openShootingSchool } from './shooting-school.ts';

export interface Load {
  readonly test: string;
  readonly seed: number;
  readonly panels: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Every how manieth is a panic; the others are burglaries. */
  readonly panicEvery: number;
  readonly commitDelayMillis?: number;
  /** Milliseconds, p99. */
  readonly limits: {
    /** After the commit: what this takes, being journalled took no longer. */
    readonly acknowledged?: number;
    readonly accepted?: number;
    readonly panicAccepted?: number;
    readonly loop?: number;
  };
}

const cameras = 16;
const uplink = 'police';
/** V8 has compiled what an alarm needs by then. */
const warmUp = { perSecond: 250, seconds: 16, panicEvery: 50 } as const;
const drained = seconds(60);

export async function underLoad(load: Load): Promise<readonly Figure[]> {
  const { test, seed, panels, perSecond, panicEvery, commitDelayMillis, limits } = load;
  await using loaded = await openShootingSchool({ panels, cameras, ...(commitDelayMillis === undefined ? {} : { broken: { commitDelayMillis } }) });
  const { school, gun, viewers } = loaded;
  const { gateway } = school;
  const early = await gun.fire(warmUp);
  await arrivals(school.arrived, early);

  await loopDelay(gateway); // a scrape ends the interval that the next one tells
  viewers.mark();
  const cpuBefore = gateway.cpuMillis();
  const shots = await gun.fire({ perSecond, seconds: load.seconds, panicEvery });
  const cpu = gateway.cpuMillis() - cpuBefore;
  const loop = await loopDelay(gateway);
  const { viewers: seen } = await viewers.tell();
  const missing = await arrivals(school.arrived, shots);
  await gateway.stop();

  const ways = new Map(waysOf(gateway.dataFolder, uplink).map(({ press, at }) => [press, at]));
  const when = (shot: Shot, hop: 'journalled' | 'accepted') => ways.get(pressKey(shot))?.get(hop);
  const waits = (of: readonly Shot[], at: (shot: Shot) => number | null | undefined) =>
    of.flatMap((shot) => {
      const then = at(shot);
      return then === undefined || then === null ? [] : [then - shot.sentAt];
    });
  const toJournal = waits(shots, (shot) => when(shot, 'journalled'));
  const toPanel = waits(shots, ({ acknowledgedAt }) => acknowledgedAt);
  const panics = shots.filter(({ code }) => code === '120');
  const hasty = shots.filter(
    (shot) => shot.acknowledgedAt !== null && shot.acknowledgedAt + 1 < (when(shot, 'journalled') ?? Number.POSITIVE_INFINITY),
  );
  const row = (metric: string, values: readonly number[], limit?: number) => [
    { metric: `${metric}, p50`, value: quantileOf(values, 0.5), unit: 'ms' },
    { metric: `${metric}, p99`, value: quantileOf(values, 0.99), unit: 'ms', ...(limit === undefined ? {} : { limit }) },
    { metric: `${metric}, most`, value: mostOf(values), unit: 'ms' },
  ];
  const slow = commitDelayMillis === undefined ? '' : `, commit ${commitDelayMillis} ms late`;
  const span = (Math.max(...shots.map(({ acknowledgedAt }) => acknowledgedAt ?? 0)) - Math.min(...shots.map(({ sentAt }) => sentAt))) / 1_000;
  return figuresOf({ test, dose: `${perSecond}/s for ${load.seconds} s, ${panels} panels, ${cameras} streams${slow}`, seed }, [
    { metric: 'alarms without a PUBACK', value: shots.length - toPanel.length, unit: 'count', limit: 0 },
    { metric: 'alarms that never arrived', value: missing, unit: 'count', limit: 0 },
    { metric: 'acknowledged before they were on disk', value: hasty.length, unit: 'count', limit: 0 },
    { metric: 'acknowledged in a second', value: toPanel.length / span, unit: '1/s' },
    ...row('publish to its place in the journal, its commit still to come', toJournal),
    ...row('publish to PUBACK, which comes after the commit', toPanel, limits.acknowledged),
    ...row(
      'publish to receipt',
      waits(shots, (shot) => when(shot, 'accepted')),
      limits.accepted,
    ),
    ...row(
      'publish to receipt of panics',
      waits(panics, (shot) => when(shot, 'accepted')),
      limits.panicAccepted,
    ),
    { metric: 'main-loop delay, p99', value: loop.p99, unit: 'ms', ...(limits.loop === undefined ? {} : { limit: limits.loop }) },
    { metric: 'main-loop delay, most', value: loop.most, unit: 'ms' },
    { metric: 'CPU of the gateway per alarm, its streams with it', value: cpu / shots.length, unit: 'ms' },
    {
      metric: 'streams with gaps',
      value: seen.filter(({ sequenceGaps, pictureGaps }) => sequenceGaps + pictureGaps > 0).length,
      unit: 'count',
      limit: 0,
    },
  ]);
}

/** How many have not arrived, once nothing has come for a while. */
async function arrivals(arrived: ReadonlyMap<string, unknown>, shots: readonly Shot[]): Promise<number> {
  const keys = shots.map(pressKey);
  let left = keys.length;
  let movedAt = systemClock.monotonic();
  for (;;) {
    const missing = keys.filter((key) => !arrived.has(key)).length;
    if (missing !== left) movedAt = systemClock.monotonic();
    left = missing;
    if (left === 0 || systemClock.monotonic() - movedAt > drained) return left;
    await systemClock.sleep(seconds(0.2));
  }
}

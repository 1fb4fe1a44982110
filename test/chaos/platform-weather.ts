/** Every misbehaviour of a police platform that has a name, with many seeds: each course ends as it began, and leaves nothing. */
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { misbehaviours } from '../../simulators/platform/gb28181/misbehaviours/index.ts';
import { liveMisbehaviours } from '../../simulators/platform/gb28181/misbehaviours/live.ts';
import { type Course, nothing, runCourse } from '../support/gb-course.ts';
import { livePlatforms, runLiveCourse } from '../support/gb-live-course.ts';
import { heldOpen, moreHandles } from '../support/held-open.ts';
import { type Figure, figuresOf, mostOf } from '../support/measure-figures.ts';
import type { Campaign } from './kill.ts';

/** A refusal is answered with a minute of peace and more, as the standard wants. */
const refusals: ReadonlySet<string> = new Set(['refused']);
/** Those of alarms have a scenario of their own: what counts as accepted. */
const ofAlarms = liveMisbehaviours.map(({ name }) => name).filter((name) => name.startsWith('alarm-'));
const ofCalls: ReadonlySet<string> = new Set([...livePlatforms, ...ofAlarms]);
const signalling = misbehaviours
  .map(({ name }) => name)
  .filter((name) => !refusals.has(name) && !(ofCalls.has(name) && liveMisbehaviours.some((each) => each.name === name)));
const convergesWithin = 60;
/** s of the clock that a misbehaviour lasts. */
const lasts = 25;

type Ended = Omit<Course, 'wellAfter'> & { readonly wellAfter?: number | undefined; readonly live: boolean };

export async function platformWeather({ runs, seed, only, broken }: Campaign): Promise<readonly Figure[]> {
  const wanted = (name: string) => only === undefined || only.includes(name);
  const careless = broken?.careless === true;
  const figures: Figure[] = [];
  const all: Ended[] = [];
  const row = async (test: string, courses: (seed: number) => Promise<Ended>) => {
    const ended: Ended[] = [];
    for (let run = 0; run < runs; run += 1) {
      const one = await courses(seed + run);
      ended.push(one);
      for (const sentence of wrongWith(one)) process.stderr.write(`${test}, seed ${one.seed}: ${sentence} Replay: ${replayOf(one)}\n`);
    }
    all.push(...ended);
    const wrong = ended.filter((one) => wrongWith(one).length > 0).length;
    const slowest = mostOf(ended.map(({ wellAfter }) => wellAfter ?? Number.NaN));
    figures.push(
      ...figuresOf({ test, dose: `${runs} seeds`, seed }, [
        { metric: 'courses that ended wrong', value: wrong, unit: 'count', limit: 0 },
        ...(ended[0]?.live ? [] : [{ metric: 'well again after, most', value: slowest, unit: 's', limit: convergesWithin }]),
      ]),
    );
  };
  for (const [index, name] of signalling.entries()) {
    if (!wanted(name)) continue;
    await row(`chaos platform-weather ${name}`, async (one) => {
      const transport = (index + one) % 2 === 0 ? 'udp' : 'tcp';
      const course = await runCourse({ name, seed: one, transport, length: lasts, calls: { standing: 2, careless } });
      return { ...course, live: false };
    });
  }
  for (const name of livePlatforms.filter(wanted)) await row(`chaos platform-weather ${name}, 20 calls`, (one) => liveCourse(name, one));
  const sum = (of: (ended: Ended) => number) => all.reduce((total, ended) => total + of(ended), 0);
  const names = new Set(all.map(({ name }) => name)).size;
  return [
    ...figures,
    ...figuresOf({ test: 'chaos platform-weather', dose: `${names} names, ${all.length} courses`, seed }, [
      ...(Object.keys(nothing) as (keyof typeof nothing)[]).map((kind) => ({
        ...{ metric: `${kind} left over`, value: sum(({ left }) => left[kind]), unit: 'count', limit: 0 },
      })),
      { metric: 'other faults', value: sum(({ faults }) => faults.length), unit: 'count', limit: 0 },
    ]),
  ];
}

async function liveCourse(name: string, seed: number): Promise<Ended> {
  const before = heldOpen();
  const faults = await runLiveCourse(name, seed).catch((error: unknown) => [String(error)]);
  const limit = systemClock.monotonic() + seconds(20);
  const over = () => heldOpen().sockets - before.sockets;
  while ((over() > 0 || moreHandles(before, heldOpen()).length > 0) && systemClock.monotonic() < limit) await systemClock.sleep(seconds(0.02));
  const more = moreHandles(before, heldOpen()).map((kind) => `At the end there are still handles: ${kind}.`);
  return { name, seed, live: true, faults: [...faults, ...more], left: { ...nothing, sockets: Math.max(0, over()) } };
}

function wrongWith({ wellAfter, faults, left, live }: Ended): readonly string[] {
  const slow = live || (wellAfter !== undefined && wellAfter <= convergesWithin) ? [] : [`Well again after ${wellAfter ?? 'more than 120'} s.`];
  const kept = Object.entries(left).flatMap(([kind, count]) => (count > 0 ? [`${count} ${kind} left over.`] : []));
  return [...slow, ...faults, ...kept];
}

const replayOf = ({ name, seed }: Ended) => `npm run chaos -- --faults platform-weather --runs 1 --seed ${seed} --only ${name}`;

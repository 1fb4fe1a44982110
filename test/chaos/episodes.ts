/**
 * Faults that come and go while the gateway runs. Nobody starts it again: it delivers or refuses while a fault lasts, acknowledges nothing that
 * it cannot keep, and is well again by itself when the fault ends.
 */
import { type Millis, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { mostOf, quantileOf, type Row, randomFrom } from '../support/measure-figures.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { noneOf, promiseRows } from '../support/measure-promise.ts';
import type { MeasuredSchool } from '../support/measure-school.ts';
import type { Campaign } from './kill.ts';

export interface Trouble {
  /** Resolves once it is there. `random`: of this campaign. */
  readonly begin: (random: () => number) => Promise<void> | void;
  readonly end: () => Promise<void> | void;
  /** Times that it was met so far: an episode that met nothing proves nothing. */
  readonly met: () => number;
  readonly perSecond: number;
  /** Nothing can be kept while it lasts: whatever is acknowledged then is a lie. */
  readonly nothingKept?: boolean;
  /** Of the silence after which the rest is taken for lost; 45 s unless given. */
  readonly patience?: Millis;
  /** From a press to its PUBACK while it lasts, 99 of 100; ms. */
  readonly acknowledgedWithin?: number;
}

export interface Episodes {
  readonly rows: readonly Row[];
  /** How long each lasted, for the dose. */
  readonly lasted: string;
}

/** s, of real time. */
const shortest = 1;
const longest = 3;
/** What the gateway had kept before the fault may still be acknowledged so much later. */
const grace = 500;
const wellWithin = 30_000;

export async function episodes(school: MeasuredSchool, { runs, seed, minutes: given, broken }: Campaign, trouble: Trouble): Promise<Episodes> {
  const random = randomFrom(seed);
  const { gateway, panels, presses } = school;
  const ours = school.broker === 'embedded';
  await gateway.start();
  // What is pressed before waits for us there.
  while (!ours && gateway.said('panel topics heard') === 0) await systemClock.sleep(millis(50));
  await school.pressSteadily(8, 50);
  await school.settled(seconds(15));
  const pubackAt = new Map<string, number>();
  const read = panels.map(() => 0);
  const takeIn = () => {
    for (const [index, { id, acknowledged }] of panels.entries()) {
      for (const one of acknowledged.slice(read[index])) pubackAt.set(pressKey({ panel: id, ...one }), one.at);
      read[index] = acknowledged.length;
    }
  };
  const wellAfter: number[] = [];
  const acknowledgedAfter: number[] = [];
  let lies = 0;
  let unmet = 0;
  let during = 0;
  let acknowledged = 0;
  let lasted = 0;
  for (let run = 0; run < runs; run += 1) {
    const length = given === undefined ? seconds(shortest + random() * (longest - shortest)) : minutes(given);
    const metBefore = trouble.met();
    const first = presses.length;
    const heard = school.arrivals.length;
    await trouble.begin(random);
    const begun = systemClock.now();
    await school.pressSteadily(Math.ceil((length / 1_000) * trouble.perSecond), trouble.perSecond);
    const over = systemClock.now();
    await trouble.end();
    const ended = systemClock.now();
    lasted += (over - begun) / 1_000;
    if (trouble.met() === metBefore) unmet += 1;
    await school.settled(broken ? seconds(6) : (trouble.patience ?? seconds(45)));
    await school.queuesEmpty(seconds(broken ? 3 : 30));
    takeIn();
    const pressed = presses.slice(first);
    const backAt = pressed.flatMap((press) => pubackAt.get(pressKey(press)) ?? []);
    during += pressed.length;
    acknowledged += backAt.filter((at) => at <= over).length;
    if (trouble.nothingKept && ours) lies += backAt.filter((at) => at > begun + grace && at <= over).length;
    const signs = ours ? backAt : school.arrivals.slice(heard).map(({ row }) => row.arrivedAt);
    // A fault of the far side alone leaves no panel waiting.
    const nobodyWaited = ours && backAt.length === pressed.length && backAt.every((at) => at <= ended);
    wellAfter.push(nobodyWaited ? 0 : Math.min(...signs.filter((at) => at > ended), Number.POSITIVE_INFINITY) - ended);
    acknowledgedAfter.push(...pressed.map((press) => (pubackAt.get(pressKey(press)) ?? Number.NaN) - press.at));
  }
  const exitCode = await gateway.stop();
  const { acknowledgedWithin } = trouble;
  return {
    lasted: `${runs} times, ${Math.round(lasted)} s in all, ${trouble.perSecond} alarms/s, ${presses.length} alarms`,
    rows: [
      ...(await promiseRows(school, 'faults')),
      ...(trouble.nothingKept && ours ? [noneOf('acknowledged while nothing could be kept', lies)] : []),
      { metric: 'acknowledged while it lasted', value: acknowledged, unit: 'count' },
      { metric: 'pressed while it lasted', value: during, unit: 'count' },
      noneOf('times that the fault met nothing', unmet),
      {
        metric: `${ours ? 'a PUBACK' : 'an alarm at the police side'} again after its end, most`,
        value: mostOf(wellAfter),
        unit: 'ms',
        limit: wellWithin,
      },
      {
        ...{ metric: 'press to PUBACK, p99', value: quantileOf(acknowledgedAfter, 0.99), unit: 'ms' },
        ...(acknowledgedWithin === undefined ? {} : { limit: acknowledgedWithin }),
      },
      noneOf('exits that nobody asked for', gateway.unplannedExits),
      noneOf('starts after the first', gateway.starts.length - 1),
      noneOf('exit code at the end', exitCode ?? 1),
    ],
  };
}

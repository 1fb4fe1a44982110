/** The clock of the box is set while it runs: an hour on, an hour back, to 1970 as without a battery, and right again each time. */
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import { openFakeClock } from '../support/fake-clock.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { noneOf, theirs } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import { episodes } from './episodes.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

const hour = 3_600;
/** s, by which the answer to a question may be late. */
const slack = 60;

export async function clockJumps(campaign: Campaign): Promise<readonly Figure[]> {
  const { seed } = campaign;
  using clock = openFakeClock();
  if (!clock) {
    return figuresOf({ test: 'chaos clock', dose: 'none', seed }, [{ metric: 'libfaketime is missing', value: Number.NaN, unit: '', limit: 0 }]);
  }
  await using school = await openMeasuredSchool({ ...schoolFor(campaign), environment: clock.environment });
  const jumps = [() => hour, () => -hour, () => 600 - Date.now() / 1_000];
  let jumped = 0;
  const jump = async (ahead: number) => {
    clock.set(ahead);
    if (await told(school, ahead)) jumped += 1;
  };
  let next = seed;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin: () => jump(jumps[next++ % jumps.length]?.() ?? 0),
    end: () => jump(0),
    met: () => jumped,
    acknowledgedWithin: 5_000,
  });
  return figuresOf({ test: `chaos clock, ±1 h and 1970${at(campaign)}`, dose: lasted, seed }, [
    // After each setting of the clock what is under way is dated by the old one: as much as goes at once, and then no more.
    ...rows.map((row) => (row.metric === theirs.unsigned ? { ...row, limit: 2 * campaign.runs * school.window } : row)),
    { metric: 'faults raised', value: school.arrivals.filter(({ kind }) => kind === 'fault.raised').length, unit: 'count' },
    // Every panel was connected all the time, and its own clock was right.
    noneOf('live presses that came as history', school.arrivals.filter(({ row }) => historical(row.body)).length),
  ]);
}

function historical(body: string): boolean {
  const event = eventOf(body);
  return event?.kind === 'alarm.raised' && event.historical === true;
}

/** The gateway itself says what time it is. */
async function told({ gateway }: MeasuredSchool, ahead: number): Promise<boolean> {
  const limit = systemClock.monotonic() + seconds(10);
  while (systemClock.monotonic() < limit) {
    const { headers } = await fetch(gateway.origin, { redirect: 'manual' });
    const seen = (Date.parse(headers.get('date') ?? '') - Date.now()) / 1_000;
    if (Math.abs(seen - ahead) < slack) return true;
    await systemClock.sleep(millis(50));
  }
  return false;
}

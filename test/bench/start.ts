/** What a start costs, and how soon it takes alarms: on one core, as the smallest boxes have, and on all. The journal is not empty. */
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import { pubackAfterStart } from '../support/measure-promise.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import type { Bench } from './alarms.ts';

export async function benchStart({ quick, seed }: Bench): Promise<readonly Figure[]> {
  const starts = quick ? 3 : 15;
  return [...(await startsOn('0', starts, seed)), ...(await startsOn(undefined, starts, seed))];
}

async function startsOn(cores: string | undefined, count: number, seed: number): Promise<readonly Figure[]> {
  await using school = await openMeasuredSchool(cores === undefined ? {} : { cores });
  const { gateway } = school;
  const ready: number[] = [];
  const used: number[] = [];
  const firstPuback: number[] = [];
  for (let start = 0; start <= count; start += 1) {
    const began = await gateway.start();
    if (began === undefined) throw new Error('It was ended while it started.');
    const cpu = gateway.cpuMillis();
    // Its panels call again within a quarter of a second; each brings what it has.
    school.press(0, '1');
    await school.settled(seconds(15));
    // The first makes its certificate and its tables: seldom, and another matter.
    if (start > 0) {
      ready.push(began);
      used.push(cpu);
      firstPuback.push(...pubackAfterStart(school));
    }
    await gateway.stop();
    await systemClock.sleep(seconds(0.2));
  }
  const alarmReady = gateway.alarmReady.slice(1);
  return figuresOf({ test: `start, ${cores === undefined ? 'all cores' : 'one core'}`, dose: `${count} starts`, seed }, [
    { metric: 'to taking alarms, p50', value: quantileOf(alarmReady, 0.5), unit: 'ms' },
    { metric: 'to taking alarms, most', value: mostOf(alarmReady), unit: 'ms', limit: 5_000 },
    { metric: 'to the first PUBACK, most', value: mostOf(firstPuback), unit: 'ms', limit: 5_000 },
    { metric: 'to ready, p50', value: quantileOf(ready, 0.5), unit: 'ms' },
    { metric: 'CPU until ready, p50', value: quantileOf(used, 0.5), unit: 'ms' },
  ]);
}

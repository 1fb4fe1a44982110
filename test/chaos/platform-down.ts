/** The police side is gone for a while: everything arrives after, and what cannot wait arrives first. */
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { overtaking } from '../support/measure-inventory.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

const perSecond = 20;

export async function platformDown(campaign: Campaign): Promise<readonly Figure[]> {
  const { runs, seed } = campaign;
  const downFor = runs >= 200 ? 120 : 5;
  await using school = await openMeasuredSchool(schoolFor(campaign));
  const { gateway, police, presses, arrived } = school;
  await gateway.start();
  await school.pressSteadily(8, 50);
  await school.settled(seconds(15));
  const before = presses.length;
  await police.down();
  const down = performance.now();
  await school.pressSteadily(downFor * perSecond, perSecond);
  // Everything must wait in the outbox, or its order would say something about the panels.
  await school.queuesEmpty(seconds(60));
  await journalled(school, presses.length - before);
  const away = performance.now() - down;
  await police.comeBack();
  const back = performance.now();
  await school.settled(seconds(45));
  const during = presses.slice(before);
  const firsts = during.flatMap((press) => arrived.get(pressKey(press)) ?? []).toSorted((a, b) => a.at - b.at);
  const lastPanic = firsts.findLastIndex(({ alarm }) => overtaking.has(alarm?.zone ?? ''));
  const overtaken = firsts.slice(0, Math.max(0, lastPanic)).filter(({ alarm }) => !overtaking.has(alarm?.zone ?? '')).length;
  return figuresOf({ test: `chaos police down${at(campaign)}`, dose: `${downFor} s, ${during.length} alarms`, seed }, [
    { metric: 'pressed and never arrived', value: during.length - firsts.length, unit: 'count', limit: 0 },
    // Those that leave together have no order among them: up to one window.
    { metric: 'others before the last panic or fire', value: overtaken, unit: 'count', limit: school.window },
    { metric: 'down', value: away, unit: 'ms' },
    { metric: 'first arrival after the return', value: (firsts[0]?.at ?? Number.NaN) - back, unit: 'ms', limit: 35_000 },
    { metric: 'all delivered after the first', value: (firsts.at(-1)?.at ?? Number.NaN) - (firsts[0]?.at ?? Number.NaN), unit: 'ms' },
  ]);
}

/** A broker of the site takes from the panels what the gateway has not seen yet. */
async function journalled({ gateway }: MeasuredSchool, count: number): Promise<void> {
  const limit = performance.now() + seconds(60);
  const owed = async () => Math.max(0, ...(await gateway.metric('outbox_pending')).values());
  while ((await owed()) < count && performance.now() < limit) await systemClock.sleep(millis(50));
}

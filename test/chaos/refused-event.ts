/** One event that the police side refuses for ever, and a thousand behind it, some in its own lane: all of them arrive. */
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { zones } from '../support/measure-inventory.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

const perSecond = 150;

export async function refusedEvent(campaign: Campaign): Promise<readonly Figure[]> {
  const { runs, seed } = campaign;
  const behind = runs >= 200 ? 1_000 : 100;
  await using school = await openMeasuredSchool(schoolFor(campaign));
  const { gateway, police, presses, arrivals, arrived } = school;
  await gateway.start();
  const zone = zones[0].id;
  police.misbehave({ kind: 'refuse', events: { zone } });
  const unwanted = pressKey(school.press(0, zone));
  const { eventId } = await police.arrival(({ answer }) => answer === 'refused', systemClock.deadline(seconds(15)));
  police.misbehave({ kind: 'refuse', events: { event: eventId } });
  const began = performance.now();
  await school.pressSteadily(behind, perSecond);
  await school.settled(seconds(5)); // the unwanted one never arrives, so this ends in silence
  const rest = presses.filter((press) => pressKey(press) !== unwanted);
  const ofRest = rest.flatMap((press) => arrived.get(pressKey(press)) ?? []);
  const sameLane = rest.filter((press) => press.panel === presses[0]?.panel && press.zone === zone).length;
  return figuresOf({ test: `chaos refused event${at(campaign)}`, dose: `1 refused, ${rest.length} behind it`, seed }, [
    { metric: 'behind it and never arrived', value: rest.length - ofRest.length, unit: 'count', limit: 0 },
    { metric: 'refused and yet accepted', value: Number(arrived.has(unwanted)), unit: 'count', limit: 0 },
    { metric: 'of them in the same zone', value: sameLane, unit: 'count' },
    { metric: 'tries of the refused one', value: arrivals.filter(({ row }) => row.eventId === eventId).length, unit: 'count' },
    { metric: 'last arrival after the first press', value: Math.max(...ofRest.map(({ at }) => at)) - began, unit: 'ms' },
  ]);
}

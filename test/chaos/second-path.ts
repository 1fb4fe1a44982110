/** Every kind of uplink as the primary that is lost, cut off or standing still, with alarms on it and without; every kind stands in. By a clock of our own. */
import { farSideKinds } from '../support/far-sides.ts';
import { type Figure, figuresOf, mostOf } from '../support/measure-figures.ts';
import { noneOf } from '../support/measure-promise.ts';
import { type Course, lossOfPrimary } from '../support/two-ways.ts';
import type { Campaign } from './kill.ts';

/** A run is all of them once; the seed says who stands in for whom, and the next run is the next one's turn. */
export async function secondPath({ runs, seed, only }: Campaign): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [index, primary] of farSideKinds.entries()) {
    if (only !== undefined && !only.includes(primary)) continue;
    const courses: { readonly quiet: boolean; readonly course: Course }[] = [];
    for (let run = 0; run < runs; run += 1) {
      const backup = farSideKinds[(index + seed + run) % farSideKinds.length]!;
      for (const loss of ['refused', 'silent'] as const) {
        for (const quiet of [true, false]) courses.push({ quiet, course: await lossOfPrimary({ primary, backup, loss, quiet }) });
      }
    }
    const all = courses.map(({ course }) => course);
    const count = (which: 'absent' | 'doubled' | 'twice' | 'overtaken' | 'strayed') => all.reduce((sum, course) => sum + course[which].length, 0);
    const most = (of: readonly Course[], which: 'foundAfter' | 'takenAfter' | 'backAfter') => mostOf(of.map((course) => course[which]));
    const quiet = courses.filter((one) => one.quiet).map(({ course }) => course);
    const presses = all.reduce((sum, course) => sum + course.presses, 0);
    figures.push(
      ...figuresOf({ test: `chaos second-path, ${primary} lost`, dose: `${all.length} losses, ${presses} alarms`, seed }, [
        { metric: 'found lost after, most', value: most(all, 'foundAfter'), unit: 's', limit: 60 },
        { metric: 'alarm after that with the backup after, most', value: most(quiet, 'takenAfter'), unit: 's', limit: 10 },
        {
          metric: 'alarm at the loss with the backup after, most',
          value: most(
            all.filter((one) => !quiet.includes(one)),
            'takenAfter',
          ),
          unit: 's',
          limit: 70,
        },
        { metric: 'believed again after its return, most', value: most(all, 'backAfter'), unit: 's' },
        noneOf('with neither', count('absent')),
        noneOf('with both, and on no way at the loss or the return', count('doubled')),
        noneOf('shown twice by one', count('twice')),
        noneOf('before an earlier one of their zone', count('overtaken')),
        noneOf('by the backup after the return', count('strayed')),
      ]),
    );
  }
  return figures;
}

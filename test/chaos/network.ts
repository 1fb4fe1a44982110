/** The lines between the panels, the gateway and the police side are cut, blocked without a word, or slowed down, and mended. */
import { type Figure, figuresOf } from '../support/measure-figures.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { episodes } from './episodes.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

/** s, for an answer: less than most of the faults last, so that deliveries are given up and sent again. The slowest line needs 1.2 s. */
const answersWithin = 1.5;
/** ms, one way: a satellite, twice. */
const longestDelay = 600;

export async function brokenLines(campaign: Campaign): Promise<readonly Figure[]> {
  await using school = await openMeasuredSchool({ ...schoolFor(campaign), lines: true, answersWithin });
  const { lines } = school;
  let next = campaign.seed;
  let met = 0;
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    begin(random) {
      // In turn the panels' line, the police side's, both; each in turn cut, blocked, slow.
      const chosen = lines.filter((_, index) => next % 3 === 2 || next % 3 === index);
      const harm = Math.floor(next / 3) % 3;
      next += 1;
      met += chosen.length;
      for (const line of chosen) {
        if (harm === 0) line.cut();
        else if (harm === 1) line.block();
        else line.delay(random() * longestDelay);
      }
    },
    end() {
      for (const line of lines) line.mend();
    },
    met: () => met,
  });
  return figuresOf({ test: `chaos network: cut, blocked, slow${at(campaign)}`, dose: lasted, seed: campaign.seed }, rows);
}

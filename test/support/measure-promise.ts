/** What is promised whatever is done to a gateway: nothing acknowledged is lost, nothing invented, nothing shown twice. */
import { openJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import type { Row } from './measure-figures.ts';
import { compareLedger, pressKey } from './measure-ledger.ts';
import type { MeasuredSchool } from './measure-school.ts';

export const noneOf = (metric: string, value: number): Row => ({ metric, value, unit: 'count', limit: 0 });

/** Rows that another promise than ours may stand behind. */
export const theirs = {
  absent: 'acknowledged to a panel and absent',
  neverArrived: 'pressed and never arrived',
  nobodyPressed: 'alarms that nobody pressed',
  gaps: 'gaps reported where nothing is missing',
  unsigned: 'unsigned or unreadable deliveries',
} as const;

export const acknowledgedIn = ({ panels }: MeasuredSchool): readonly string[] =>
  panels.flatMap((panel) => panel.acknowledged.map((one) => pressKey({ panel: panel.id, ...one })));

/** `repeatsBy`: kills excuse what was in flight at each; a disk that does not take the receipt, or a line that does not bring it, excuses any. */
export async function promiseRows(school: MeasuredSchool, repeatsBy: 'kills' | 'faults'): Promise<readonly Row[]> {
  const { presses, arrivals, sent, kills, window } = school;
  const found = compareLedger({ presses, acknowledged: acknowledgedIn(school), arrivals, sent, kills, window });
  const repeats: readonly Row[] =
    repeatsBy === 'faults'
      ? [{ metric: 'repeats on the wire', value: found.repeats, unit: 'count' }]
      : [
          { metric: 'in flight at one kill, at most', value: found.mostInFlight, unit: 'count', limit: window },
          // The limit is what was seen in flight at the kills, not what could have been.
          { metric: 'repeats on the wire', value: found.repeats, unit: 'count', limit: found.inFlightAtKills },
          noneOf('repeats of what was not in flight at a kill', found.unexcused),
          noneOf('receipts that the police side never gave', found.unearnedReceipts),
        ];
  return [
    noneOf(theirs.absent, found.acknowledgedAndAbsent),
    noneOf(theirs.neverArrived, found.pressedAndAbsent),
    noneOf(theirs.nobodyPressed, found.phantom),
    ...repeats,
    noneOf('repeats with another body', found.changedBodies),
    noneOf('presses with more than one event id', found.shownTwice),
    noneOf('presses shown to an operator more than once', await shownMoreThanOnce(school)),
    noneOf('alarms whose time changed', found.changedTimes),
    noneOf('first arrivals out of order in their zone', found.outOfOrder),
    noneOf(theirs.gaps, found.falseGaps),
    noneOf(theirs.unsigned, found.badSignatures + found.unreadable),
  ];
}

/** An operator's console is fed from the journal, and the police side's screen shows an event id once: neither may hold a press twice. */
async function shownMoreThanOnce({ gateway, police }: MeasuredSchool): Promise<number> {
  await using journal = await openJournal({ folder: gateway.dataFolder, clock: systemClock, log: silentLogger });
  const raised = journal.read.events({ limit: 1_000_000, kinds: ['alarm.raised'] }).map(({ event }) => event);
  const pressOf = new Map(raised.map((event) => [String(event.id), 'dedupe' in event ? event.dedupe : '']));
  const ours = raised.map(({ id }) => pressOf.get(id) || id);
  const theirs = police.alarms().map(({ event }) => pressOf.get(event) ?? event);
  return ours.length - new Set(ours).size + (theirs.length - new Set(theirs).size);
}

/** From the last start to the first PUBACK that any panel got; empty where the gateway ended before. */
export function pubackAfterStart({ gateway, panels }: MeasuredSchool): readonly number[] {
  const started = gateway.starts.at(-1) ?? 0;
  const first = panels.flatMap((panel) => panel.acknowledged.find(({ at }) => at > started)?.at ?? []);
  return first.length === 0 ? [] : [Math.min(...first) - started];
}

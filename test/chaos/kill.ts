/** kill -9 at random moments under 50 alarms a second; at the end the ledgers are compared by (panel, boot, seq). */
import { millis, seconds } from '../../gateway/domain/time.ts';
import { openJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import type { Broken } from '../support/measure-gateway.ts';
import { compareLedger, pressKey } from '../support/measure-ledger.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';

export interface Campaign {
  readonly runs: number;
  readonly seed: number;
  readonly broken?: Broken;
  /** Of real time, for what lasts as long as it is told to. */
  readonly minutes?: number;
  /** Of what has many names, these alone. */
  readonly only?: readonly string[];
}

const alarmsPerRun = 25;
const perSecond = 50;
/** Of the kills, those that strike while the gateway is still starting: mid-migration, mid-recovery. */
const shareAtStart = 0.2;
/** The longest time from ready to a kill: the burst lasts 0.5 s, and its tail is delivered after it. */
const longestLife = 900;
/** Of the runs, those in which one panel starts anew, so that numbers begin again. */
const shareOfReboots = 0.15;

export async function killCampaign({ runs, seed, broken }: Campaign): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  await using school = await openMeasuredSchool(broken ? { broken } : {});
  const { gateway, panels } = school;
  const readyAfter: number[] = [];
  const firstPuback: number[] = [];
  let usualStart = 1_000;
  for (let run = 0; run < runs; run += 1) {
    const atStart = run > 0 && random() < shareAtStart;
    const killAfter = random() * (atStart ? usualStart : longestLife);
    const reboot = random() < shareOfReboots ? Math.floor(random() * panels.length) : undefined;
    const starting = gateway.start();
    if (!atStart) {
      const took = await starting;
      if (took !== undefined) readyAfter.push(took);
      usualStart = took ?? usualStart;
    }
    if (reboot !== undefined) panels[reboot]?.restart();
    const striking = systemClock.sleep(millis(killAfter)).then(() => school.kill());
    await Promise.all([school.pressSteadily(alarmsPerRun, perSecond), striking, starting]);
    firstPuback.push(...pubackAfterStart(school));
  }
  const last = await gateway.start();
  if (last !== undefined) readyAfter.push(last);
  await school.settled(seconds(broken ? 4 : 15));
  firstPuback.push(...pubackAfterStart(school));
  const exitCode = await gateway.stop();

  const acknowledged = panels.flatMap((panel) => panel.acknowledged.map((one) => pressKey({ panel: panel.id, ...one })));
  const { presses, arrivals, sent, kills, window } = school;
  const found = compareLedger({ presses, acknowledged, arrivals, sent, kills, window });
  const none = (metric: string, value: number) => ({ metric, value, unit: 'count', limit: 0 });
  return figuresOf({ test: 'chaos kill', dose: `${runs} kills, ${presses.length} alarms`, seed }, [
    none('acknowledged to a panel and absent', found.acknowledgedAndAbsent),
    none('pressed and never arrived', found.pressedAndAbsent),
    none('alarms that nobody pressed', found.phantom),
    { metric: 'in flight at one kill, at most', value: found.mostInFlight, unit: 'count', limit: window },
    // The limit is what was seen in flight at the kills, not what could have been.
    { metric: 'repeats on the wire', value: found.repeats, unit: 'count', limit: found.inFlightAtKills },
    none('repeats of what was not in flight at a kill', found.unexcused),
    none('receipts that the police side never gave', found.unearnedReceipts),
    none('repeats with another body', found.changedBodies),
    none('presses with more than one event id', found.shownTwice),
    none('presses shown to an operator more than once', await shownMoreThanOnce(school)),
    none('alarms whose time changed', found.changedTimes),
    none('first arrivals out of order in their zone', found.outOfOrder),
    none('gaps reported where nothing is missing', found.falseGaps),
    none('unsigned or unreadable deliveries', found.badSignatures + found.unreadable),
    none('exits that nobody asked for', gateway.unplannedExits),
    none('exit code at the end', exitCode ?? 1),
    { metric: 'slowest start to ready', value: mostOf(readyAfter), unit: 'ms', limit: 5_000 },
    { metric: 'slowest start to first PUBACK', value: mostOf(firstPuback), unit: 'ms', limit: 5_000 },
  ]);
}

/** From the last start to the first PUBACK that any panel got; empty where the kill was faster. */
function pubackAfterStart({ gateway, panels }: MeasuredSchool): readonly number[] {
  const started = gateway.starts.at(-1) ?? 0;
  const first = panels.flatMap((panel) => panel.acknowledged.find(({ at }) => at > started)?.at ?? []);
  return first.length === 0 ? [] : [Math.min(...first) - started];
}

/** An operator's console is fed from the journal, and the police side's screen shows an event id once: neither may hold a press twice. */
async function shownMoreThanOnce({ gateway, police }: MeasuredSchool): Promise<number> {
  await using journal = await openJournal({ folder: gateway.dataFolder, clock: systemClock, log: silentLogger });
  const ours = journal.read.events({ limit: 1_000_000, kinds: ['alarm.raised'] }).map(({ event }) => ('dedupe' in event ? event.dedupe : event.id));
  const pressOf = new Map(
    journal.read.events({ limit: 1_000_000, kinds: ['alarm.raised'] }).map(({ event }) => [String(event.id), 'dedupe' in event ? event.dedupe : '']),
  );
  const theirs = police.alarms().map(({ event }) => pressOf.get(event) ?? event);
  return ours.length - new Set(ours).size + (theirs.length - new Set(theirs).size);
}

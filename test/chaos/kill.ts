/** kill -9 at random moments under 50 alarms a second; at the end the ledgers are compared by (panel, boot, seq). */
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type Figure, figuresOf, mostOf, quantileOf, randomFrom } from '../support/measure-figures.ts';
import type { Broken } from '../support/measure-gateway.ts';
import { noneOf, promiseRows, pubackAfterStart } from '../support/measure-promise.ts';
import { openMeasuredSchool, type SchoolOptions } from '../support/measure-school.ts';

/** Where the panels are. */
export const campaignBrokers = ['embedded', 'mosquitto'] as const;

export interface Campaign {
  readonly runs: number;
  readonly seed: number;
  readonly broken?: Broken;
  /** Of real time, for what lasts as long as it is told to. */
  readonly minutes?: number;
  /** Of what has many names, these alone. */
  readonly only?: readonly string[];
  /** The gateway's own unless told. */
  readonly broker?: (typeof campaignBrokers)[number];
  /** That a broker keeps, at least. */
  readonly topics?: number;
  /** Between one kill and the next. */
  readonly alarms?: number;
}

/** What a campaign wants of its school. */
export const schoolFor = ({ broker, broken }: Campaign): SchoolOptions => ({
  ...(broker === 'mosquitto' ? { mosquitto: true } : {}),
  ...(broken ? { broken } : {}),
});

/** For the name of a measurement. */
export const at = ({ broker }: Campaign): string => (broker === 'mosquitto' ? ', behind mosquitto' : '');

const alarmsUnlessTold = 25;
const perSecond = 50;
/** Of the kills, those that strike while the gateway is still starting: mid-migration, mid-recovery. */
const shareAtStart = 0.2;
/** Of the longest time from ready to a kill, what follows the last press: the tail is delivered then. ms. */
const tail = 400;
/** Of the runs, those in which one panel starts anew, so that numbers begin again. */
const shareOfReboots = 0.15;

export async function killCampaign(campaign: Campaign): Promise<readonly Figure[]> {
  const { runs, seed, broken, alarms = alarmsUnlessTold } = campaign;
  const longestLife = (alarms / perSecond) * 1_000 + tail;
  const random = randomFrom(seed);
  await using school = await openMeasuredSchool(schoolFor(campaign));
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
    await Promise.all([school.pressSteadily(alarms, perSecond), striking, starting]);
    firstPuback.push(...pubackAfterStart(school));
  }
  const last = await gateway.start();
  if (last !== undefined) readyAfter.push(last);
  await school.settled(seconds(broken ? 4 : 15));
  firstPuback.push(...pubackAfterStart(school));
  const exitCode = await gateway.stop();

  return figuresOf({ test: `chaos kill${at(campaign)}`, dose: `${runs} kills, ${school.presses.length} alarms`, seed }, [
    ...(await promiseRows(school, 'kills')),
    noneOf('exits that nobody asked for', gateway.unplannedExits),
    noneOf('exit code at the end', exitCode ?? 1),
    { metric: 'slowest start to taking alarms', value: mostOf(gateway.alarmReady), unit: 'ms', limit: 5_000 },
    { metric: 'usual start to taking alarms', value: quantileOf(gateway.alarmReady, 0.5), unit: 'ms' },
    { metric: 'slowest start to ready', value: mostOf(readyAfter), unit: 'ms' },
    ...(school.broker === 'site' ? [] : [{ metric: 'slowest start to first PUBACK', value: mostOf(firstPuback), unit: 'ms', limit: 5_000 }]),
  ]);
}

/**
 * The box loses its power at random moments under 50 alarms a second: its data folder lies on a file system of its own that is shut down without
 * flushing anything, while the gateway stands still or while it still runs. The next start has what the disk has, and nothing else.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { type FileSystem, loopDiskTrouble, openLoopDisk } from '../support/loop-disk.ts';
import { type Figure, figuresOf, mostOf, quantileOf, randomFrom } from '../support/measure-figures.ts';
import { acknowledgedIn, noneOf, promiseRows, pubackAfterStart } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import { at, type Campaign, schoolFor } from './kill.ts';

const alarmsPerRun = 25;
const perSecond = 50;
/** Of the cuts, those that strike while the gateway is still starting. */
const shareAtStart = 0.2;
/** Of the others, those at which the gateway runs on for a while on a disk that takes nothing any more. */
const shareTorn = 0.3;
const longestTorn = 400;
/** From the first acknowledgement of a life; a burst of presses lasts 0.5 s, and its tail is delivered after it. */
const longestLife = 900;
/** Of the runs, those before which the files go that the box makes for itself, as on a new box. */
const shareNew = 0.15;
const ownFiles = ['box-key.pem', 'box-certificate.pem', 'metrics.token'];

export function powerCampaign(kind: FileSystem): (campaign: Campaign) => Promise<readonly Figure[]> {
  return async (campaign) => {
    const trouble = await loopDiskTrouble(kind);
    if (trouble === undefined) return cuts(kind, campaign);
    return figuresOf({ test: `chaos power, ${kind}`, dose: 'none', seed: campaign.seed }, [
      { metric: `no file system to cut the power of: ${trouble}`, value: Number.NaN, unit: '', limit: 0 },
    ]);
  };
}

async function cuts(kind: FileSystem, campaign: Campaign): Promise<readonly Figure[]> {
  const { runs, seed, broken } = campaign;
  const random = randomFrom(seed);
  const began = systemClock.monotonic();
  await using disk = await openLoopDisk(kind);
  await using school = await openMeasuredSchool({ ...schoolFor(campaign), dataFolder: join(disk.folder, 'data') });
  const { gateway, panels } = school;
  const ours = school.broker === 'embedded';
  // What people told the box before is not what is cut.
  await disk.flush();
  const readyAfter: number[] = [];
  const firstPuback: number[] = [];
  const lost = new Set<string>();
  let changedFiles = 0;
  let torn = 0;
  let atStarts = 0;
  let usualStart = 1_000;
  for (let run = 0; run < runs; run += 1) {
    const atStart = random() < shareAtStart;
    const running = !atStart && random() < shareTorn;
    const cutAfter = random() * (atStart ? usualStart : longestLife);
    const runsOn = running ? random() * longestTorn : 0;
    if (run > 0 && random() < shareNew) for (const file of ownFiles) rmSync(join(gateway.dataFolder, file), { force: true });
    if (atStart) atStarts += 1;
    if (running) torn += 1;
    const starting = gateway.start();
    let files: readonly string[] | undefined;
    if (!atStart) {
      const took = await starting;
      if (took !== undefined) readyAfter.push(took);
      usualStart = took ?? usualStart;
      files = filesOf(gateway.dataFolder);
    }
    const before = taken(school);
    const striking = (atStart ? Promise.resolve() : takenAgain(school, before)).then(async () => {
      await systemClock.sleep(millis(cutAfter));
      if (!running) await frozen(gateway.pid);
      await disk.cutPower();
      await systemClock.sleep(millis(runsOn));
      const { presses } = await school.kill(async () => {
        await disk.powerUp();
        // Each has read what came to it before the end, also an acknowledgement.
        while (ours && panels.some(({ connected }) => connected)) await systemClock.sleep(millis(5));
      });
      if (ours) for (const key of acknowledgedIn(school)) if (!presses.has(key)) lost.add(key);
    });
    await Promise.all([school.pressSteadily(alarmsPerRun, perSecond), striking, starting]);
    if (files && filesOf(gateway.dataFolder).join() !== files.join()) changedFiles += 1;
    firstPuback.push(...pubackAfterStart(school));
  }
  const last = await gateway.start();
  if (last !== undefined) readyAfter.push(last);
  await school.settled(seconds(broken ? 1 : 15));
  firstPuback.push(...pubackAfterStart(school));
  const exitCode = await gateway.stop();
  const dose = `${runs} cuts (${torn} of a running gateway, ${atStarts} at its start), ${school.presses.length} alarms`;
  return figuresOf({ test: `chaos power, ${kind}${at(campaign)}`, dose, seed }, [
    // What another broker holds may be brought later: whether it was, the last comparison tells.
    ...(ours ? [noneOf('acknowledged to a panel and not on the disk after a cut', lost.size)] : []),
    ...(await promiseRows(school, 'kills')),
    noneOf("cuts that changed the box's certificate or its token", changedFiles),
    noneOf('exits that nobody asked for', gateway.unplannedExits),
    noneOf('exit code at the end', exitCode ?? 1),
    { metric: 'slowest start to taking alarms', value: mostOf(gateway.alarmReady), unit: 'ms', limit: 5_000 },
    { metric: 'usual start to taking alarms', value: quantileOf(gateway.alarmReady, 0.5), unit: 'ms' },
    { metric: 'slowest start to ready', value: mostOf(readyAfter), unit: 'ms' },
    { metric: 'usual start to ready', value: quantileOf(readyAfter, 0.5), unit: 'ms' },
    ...(ours ? [{ metric: 'slowest start to first PUBACK', value: mostOf(firstPuback), unit: 'ms', limit: 5_000 }] : []),
    { metric: 'length of a run', value: (systemClock.monotonic() - began) / runs, unit: 'ms' },
  ]);
}

/** What the gateway has answered for: acknowledged to a panel, or sent on where a broker of the site stands between. */
const taken = (school: MeasuredSchool): number => (school.broker === 'embedded' ? acknowledgedIn(school).length : school.arrived.size);

/** A cut before the first acknowledgement of a life can take none: such cuts are those at the start. */
async function takenAgain(school: MeasuredSchool, before: number): Promise<void> {
  const limit = systemClock.monotonic() + seconds(20);
  while (taken(school) <= before && systemClock.monotonic() < limit) await systemClock.sleep(millis(5));
}

/** SIGSTOP, and seen to stand still. */
async function frozen(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  const state = () => / ([A-Z]) \d+ \d+ \d+ /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  for (let look = 0; look < 200 && state() !== 'T'; look += 1) await systemClock.sleep(millis(5));
}

/** What a person has copied from the box: it must stay as it is. */
function filesOf(folder: string): readonly string[] {
  return ownFiles.map((file) => {
    try {
      return readFileSync(join(folder, file), 'utf8');
    } catch {
      return 'none';
    }
  });
}

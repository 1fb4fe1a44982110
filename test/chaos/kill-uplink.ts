/**
 * kill -9 in the middle of sending to alarm centres and platforms that know no event id: by DC-09 the sequence, by GB/T 28181 the SN is the event's place in
 * the journal, and it is by that place that what they took is compared with what the panels were acknowledged.
 */
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { openJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { runReceiverSimulator } from '../../simulators/receiver/simulator.ts';
import { key, keyText } from '../support/dc09.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device, password, server } from '../support/gb-registrar.ts';
import { journalAfterKill } from '../support/measure-crash.ts';
import { type Figure, figuresOf, randomFrom } from '../support/measure-figures.ts';
import { pressKey } from '../support/measure-ledger.ts';
import { acknowledgedIn, noneOf } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import type { Campaign } from './kill.ts';

interface FarEnd {
  readonly id: string;
  readonly adapter: string;
  readonly settings: object;
  readonly secret: string;
  /** Everything that it took, in order. */
  readonly taken: Taken[];
}

interface Taken {
  /** In the journal. */
  readonly position: number;
  /** It would show it anew: it cannot know that it has had it. */
  readonly fresh: boolean;
  /** Number of the gateway's start, from 1. */
  readonly life: number;
}

/** Between a frame and its ACK, so that most kills strike between them. */
const pace = millis(15);
/** What a box sends in one line of places: beyond that DC-09 counts from 1 again. */
const mostPlaces = 9_999;
const alarmsPerRun = 25;
const perSecond = 50;
const longestLife = 900;
const loopback = { address: '127.0.0.1', port: 0 };

export const killsOfUplink =
  (kind: 'dc09' | 'gb28181') =>
  async (campaign: Campaign): Promise<readonly Figure[]> => {
    await using scope = new Scope();
    let school: MeasuredSchool | undefined;
    const life = () => school?.gateway.starts.length ?? 0;
    const ends = await (kind === 'dc09' ? alarmCentre(scope, life) : platforms(scope, life));
    school = scope.own(
      await openMeasuredSchool({
        ...(campaign.broken ? { broken: campaign.broken } : {}),
        furnish: (store) => {
          for (const { id, adapter, settings, secret } of ends) {
            store.putUplink({ id: uplinkId(id), name: id, adapter, settings: { ...settings }, secret: new Secret(secret), enabled: true });
          }
        },
      }),
    );
    return await kills(kind, school, ends, campaign);
  };

async function alarmCentre(scope: Scope, life: () => number): Promise<readonly FarEnd[]> {
  const taken: Taken[] = [];
  const seen = new Set<string>();
  const centre = scope.own(
    await runReceiverSimulator({
      ...{ listen: loopback, key, clock: systemClock, pace },
      arrived({ answer, message: { token, sequence, data } }) {
        if (answer !== 'ACK' || token === 'NULL') return;
        const said = JSON.stringify([sequence, token, data]);
        taken.push({ position: (sequence + mostPlaces - 1) % mostPlaces, fresh: !seen.has(said), life: life() });
        seen.add(said);
      },
    }),
  );
  const settings = { account: 'ABCD', primary: `tcp://127.0.0.1:${centre.port}`, accepts: ['alarm.raised'] };
  return [{ id: 'centre', adapter: 'dc09', settings, secret: keyText, taken }];
}

/** One for each policy, which answers as that policy is waited for: the Response of the second comes late. */
function platforms(scope: Scope, life: () => number): Promise<readonly FarEnd[]> {
  return Promise.all(
    (['sip200', 'response', 'query'] as const).map(async (ack): Promise<FarEnd> => {
      const taken: Taken[] = [];
      const platform = scope.own(
        await localPlatform({
          welcome: { queries: false, subscriptions: [] },
          alarmed: ({ sn, repeat, answered }) => answered < 300 && taken.push({ position: sn, fresh: !repeat, life: life() }),
        }),
      );
      if (ack === 'response') await platform.misbehave('alarm-late-response');
      const where = { platform: { code: server, address: '127.0.0.1', port: platform.address.port }, local: loopback };
      return { id: ack, adapter: 'gb28181', settings: { ...where, codes: { device }, alarms: { ack } }, secret: password, taken };
    }),
  );
}

async function kills(kind: string, school: MeasuredSchool, ends: readonly FarEnd[], { runs, seed }: Campaign): Promise<readonly Figure[]> {
  if (runs * alarmsPerRun * 1.2 > mostPlaces) throw new Error(`At most ${Math.floor(mostPlaces / alarmsPerRun / 1.2)} runs: then DC-09 counts anew.`);
  const random = randomFrom(seed);
  const { gateway, presses } = school;
  const inFlight = new Map(ends.map(({ id }) => [id, [] as number[]]));
  let unearned = 0;
  for (let run = 0; run < runs; run += 1) {
    await gateway.start();
    const striking = systemClock.sleep(millis(100 + random() * (longestLife - 100))).then(() => gateway.kill());
    await Promise.all([school.pressSteadily(alarmsPerRun, perSecond), striking]);
    await systemClock.sleep(millis(50)); // what it had sent is read by then
    for (const { id, taken } of ends) {
      const { acceptedPlaces: accepted } = journalAfterKill(gateway.dataFolder, id);
      const had = new Set(taken.map(({ position }) => position));
      const sent = new Set(taken.filter(({ life }) => life === gateway.starts.length).map(({ position }) => position));
      inFlight.get(id)?.push([...sent].filter((position) => !accepted.has(position)).length);
      unearned += [...accepted].filter((position) => !had.has(position)).length;
    }
  }
  await gateway.start();
  await arrived(school, ends);
  const exitCode = await gateway.stop();
  await using journal = await openJournal({ folder: gateway.dataFolder, clock: systemClock, log: silentLogger });
  const entries = journal.read.events({ limit: 1_000_000, kinds: ['alarm.raised'] });
  const alarms = entries.flatMap(({ position, event }) => (event.kind === 'alarm.raised' ? [{ position, event }] : []));
  const placeOf = new Map(alarms.map(({ position, event }) => [event.dedupe, position]));
  const laneOf = new Map(alarms.map(({ position, event }) => [position, `${event.panel}/${event.zone}`]));
  const pressed = new Set(presses.map(pressKey));
  return ends.flatMap(({ id, taken }) => {
    const had = new Set(taken.map(({ position }) => position));
    const fresh = taken.filter((one) => one.fresh).map(({ position }) => position);
    const sentTwice = taken.filter(({ position, life }, index) =>
      taken.slice(0, index).some((one) => one.position === position && one.life === life),
    );
    const flying = inFlight.get(id) ?? [];
    const repeats = taken.length - had.size;
    return figuresOf({ test: `chaos kill-${kind}, ${id}`, dose: `${runs} kills, ${presses.length} alarms`, seed }, [
      noneOf('acknowledged to a panel and never taken', acknowledgedIn(school).filter((one) => !had.has(placeOf.get(one) ?? -1)).length),
      noneOf('pressed and never taken', [...pressed].filter((one) => !had.has(placeOf.get(one) ?? -1)).length),
      noneOf('taken, and nobody pressed it', [...had].filter((position) => !laneOf.has(position)).length),
      noneOf('shown there twice', fresh.length - new Set(fresh).size + alarms.length - placeOf.size),
      noneOf('first arrivals out of order in their zone', overtaken([...had], laneOf)),
      noneOf('sent twice without a kill between', sentTwice.length),
      { metric: 'repeats on the wire', value: repeats, unit: 'count', limit: flying.reduce((sum, one) => sum + one, 0) },
      { metric: 'kills with something on its way', value: flying.filter((one) => one > 0).length, unit: 'count' },
      noneOf('receipts that it never gave', unearned),
      noneOf('exits that nobody asked for', gateway.unplannedExits),
      noneOf('exit code at the end', exitCode ?? 1),
    ]);
  });
}

/** `places` in the order in which they arrived first. */
function overtaken(places: readonly number[], laneOf: ReadonlyMap<number, string>): number {
  const latest = new Map<string | undefined, number>();
  return places.filter((position) => {
    const before = latest.get(laneOf.get(position)) ?? 0;
    latest.set(laneOf.get(position), Math.max(before, position));
    return position < before;
  }).length;
}

/** Until each has all that was pressed, or nothing has come for half a minute. */
async function arrived({ presses }: MeasuredSchool, ends: readonly FarEnd[]): Promise<void> {
  const quiet = seconds(30);
  const count = () => ends.reduce((sum, { taken }) => sum + taken.length, 0);
  let [seen, last] = [count(), systemClock.monotonic()];
  while (ends.some(({ taken }) => new Set(taken.map(({ position }) => position)).size < presses.length) && systemClock.monotonic() - last < quiet) {
    await systemClock.sleep(millis(50));
    if (count() !== seen) [seen, last] = [count(), systemClock.monotonic()];
  }
  // The proof of the last one may come behind it.
  await systemClock.sleep(seconds(3));
}

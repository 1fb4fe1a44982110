/**
 * How fast an alarm goes from the panel's publish to the SIP 200 of a police platform: panels and platform in this process, the gateway in its own, a
 * webhook beside it as in the bench of alarms.
 */
import type { Hop } from '../../../gateway/domain/delivery.ts';
import { uplinkId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { Scope } from '../../../gateway/runtime/scope.ts';
import { openGbPlatform } from '../../../simulators/platform/gb28181/platform.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../../support/measure-figures.ts';
import { type AlarmWay, waysOf } from '../../support/measure-hops.ts';
import { zones } from '../../support/measure-inventory.ts';
import { type Press, pressKey } from '../../support/measure-ledger.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../../support/measure-school.ts';
import type { Bench } from '../alarms.ts';
import { upTo } from '../streams/window.ts';

const device = '34020000001180000001';
const password = 'only-for-this-bench';
const uplink = 'city';
const perSecond = 50;
const warmUp = 50;
const panics = 100;
const registersWithin = seconds(30);
const settles = seconds(15);

/** What may pass from the publish to the SIP 200, ms, of 99 in 100; and until the last of 100 panics is accepted, by SIP and by a Response. */
const steadyLimit = 80;
const panicLimit = 1_000;

/** From one hop to the next. `pressed` is the panel's clock, which is this machine's. */
const hops: readonly (readonly [from: Hop, to: Hop, words: string])[] = [
  ['pressed', 'received', 'publish to gateway'],
  ['received', 'journalled', 'gateway to journal'],
  ['journalled', 'sent', 'journal to wire'],
  ['sent', 'answered', 'wire to SIP 200'],
  ['answered', 'confirmed', 'SIP 200 to Response'],
];

export async function alarms({ quick, seed }: Bench): Promise<readonly Figure[]> {
  return [...(await steady(quick ? 200 : 1_000, seed)), ...(await together(seed))];
}

interface Stand extends AsyncDisposable {
  readonly school: MeasuredSchool;
  /** Monotonic ms of the first 200, by SN. */
  readonly answered: ReadonlyMap<number, number>;
  /** Alarms that came again. */
  readonly repeats: () => number;
}

async function openStand(panels: number, kinds: readonly { readonly id: string }[] = zones): Promise<Stand> {
  await using opening = new Scope();
  const answered = new Map<number, number>();
  let repeats = 0;
  const platform = opening.own(
    await openGbPlatform({
      ...{ clock: systemClock, log: silentLogger, listen: { address: '127.0.0.1', port: 0 }, passwords: password },
      welcome: { queries: false, subscriptions: [] },
      alarmed: ({ sn, repeat }) => {
        if (repeat) repeats += 1;
        else if (!answered.has(sn)) answered.set(sn, performance.now());
      },
    }),
  );
  const coded = upTo(panels).flatMap((panel) => kinds.map(({ id }) => [`panel-${panel}/${id}`, `3402000000134${zoneSerial(panel, id)}`] as const));
  const school = opening.own(
    await openMeasuredSchool({
      panels,
      furnish: (store) =>
        store.putUplink({
          ...{ id: uplinkId(uplink), name: 'City', adapter: 'gb28181', secret: new Secret(password), enabled: true },
          settings: {
            platform: { code: platform.id, ...platform.address },
            local: { address: '127.0.0.1', port: 25_060 },
            codes: { device, zones: Object.fromEntries(coded) },
          },
        }),
    }),
  );
  await school.gateway.start();
  const known = () => platform.devices().map(({ id, online, keepalives }) => `${id} ${online ? 'registered' : 'gone'}, ${keepalives} keepalives`);
  const alive = () => platform.devices().some(({ online, keepalives }) => online && keepalives > 0);
  await until(alive, registersWithin, () => `The platform has not heard a keepalive of the gateway (it knows: ${known().join('; ') || 'nobody'})`);
  const scope = opening.release();
  return { school, answered, repeats: () => repeats, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

const zoneSerial = (panel: number, zone: string) => `${panel}${zone}`.padStart(7, '0');

/** 50 a second, from eight panels. */
async function steady(count: number, seed: number): Promise<readonly Figure[]> {
  await using stand = await openStand(8);
  const { school } = stand;
  await school.pressSteadily(warmUp, perSecond);
  await arrivals(stand, warmUp);
  const cpuBefore = school.gateway.cpuMillis();
  await school.pressSteadily(count, perSecond);
  const cpu = school.gateway.cpuMillis() - cpuBefore;
  await arrivals(stand, warmUp + count);
  const { latencies, ways } = await measured(stand, school.presses.slice(warmUp));
  return figuresOf({ test: 'gb28181, alarms', dose: `${count} alarms at ${perSecond}/s, 8 panels`, seed }, [
    { metric: 'alarms without a SIP 200', value: count - latencies.length, unit: 'count', limit: 0 },
    { metric: 'alarms that came twice', value: stand.repeats(), unit: 'count', limit: 0 },
    { metric: 'publish to SIP 200, p50', value: quantileOf(latencies, 0.5), unit: 'ms' },
    { metric: 'publish to SIP 200, p99', value: quantileOf(latencies, 0.99), unit: 'ms', limit: steadyLimit },
    { metric: 'publish to SIP 200, most', value: mostOf(latencies), unit: 'ms' },
    ...hopRows(ways),
    { metric: 'CPU of the gateway per alarm', value: cpu / count, unit: 'ms' },
  ]);
}

/** A hundred panels, one button each, in the same moment. */
async function together(seed: number): Promise<readonly Figure[]> {
  const button = zones.find(({ type }) => type.startsWith('panic'))!;
  await using stand = await openStand(panics, [button]);
  const { school } = stand;
  // Each once before: what is measured is not the first alarm of a process.
  await school.pressSteadily(panics, perSecond);
  await arrivals(stand, panics);
  const presses = upTo(panics).map((_, index) => school.press(index, button.id));
  await arrivals(stand, 2 * panics);
  const { latencies, ways } = await measured(stand, presses);
  const confirmed = ways.flatMap(({ at }) => (at.has('confirmed') ? [at.get('confirmed')! - Math.min(...presses.map((press) => press.at))] : []));
  return figuresOf({ test: 'gb28181, panics', dose: `${panics} panics at once, ${panics} panels`, seed }, [
    { metric: 'panics without a SIP 200', value: panics - latencies.length, unit: 'count', limit: 0 },
    { metric: 'panics without a Response', value: panics - confirmed.length, unit: 'count', limit: 0 },
    { metric: 'alarms that came twice', value: stand.repeats(), unit: 'count', limit: 0 },
    { metric: 'first publish to SIP 200, p50', value: quantileOf(latencies, 0.5), unit: 'ms' },
    { metric: 'first publish to last SIP 200', value: mostOf(latencies), unit: 'ms', limit: panicLimit },
    { metric: 'first publish to last Response', value: mostOf(confirmed), unit: 'ms', limit: panicLimit },
    ...hopRows(ways),
  ]);
}

/** Stops the gateway. Milliseconds from the publish to the SIP 200: of presses in one moment, from the first of them. */
async function measured({ school, answered }: Stand, presses: readonly Press[]): Promise<{ latencies: number[]; ways: readonly AlarmWay[] }> {
  const { gateway } = school;
  await gateway.stop();
  const made = new Map(presses.map((press) => [pressKey(press), press]));
  const ways = waysOf(gateway.dataFolder, uplink).filter(({ press }) => made.has(press));
  const latencies = ways.flatMap(({ press, position }) => {
    const at = answered.get(position);
    return at === undefined ? [] : [at - made.get(press)!.pressedAt];
  });
  return { latencies, ways };
}

function hopRows(ways: readonly AlarmWay[]) {
  return hops.flatMap(([from, to, words]) => {
    const lengths = ways.flatMap(({ at }) => (at.has(from) && at.has(to) ? [at.get(to)! - at.get(from)!] : []));
    return [0.5, 0.99].map((quantile) => ({ metric: `${words}, p${quantile * 100}`, value: quantileOf(lengths, quantile), unit: 'ms' }));
  });
}

/** All of them, and a moment for the Responses and the receipts. */
async function arrivals({ answered, school }: Stand, count: number): Promise<void> {
  await until(
    () => answered.size >= count,
    settles,
    () => `Of ${count} alarms not all have come`,
  );
  await school.settled(settles);
  await systemClock.sleep(seconds(1));
}

async function until(claim: () => boolean, within: Millis, words: () => string): Promise<void> {
  const limit = systemClock.monotonic() + within;
  while (!claim()) {
    if (systemClock.monotonic() > limit) throw new Error(`${words()} within ${within} ms.`);
    await systemClock.sleep(millis(10));
  }
}

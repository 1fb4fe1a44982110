/**
 * A line to the police platform that loses three in ten of everything, for minutes of real time: keepalives, registrations that run out, alarms and a
 * catalogue that changes. Journal, dispatcher, uplink and platform are the real ones.
 */
import { eventIn } from '../../adapters/uplinks/gb28181/alarms/notice.ts';
import { runDispatcher } from '../../gateway/delivery/dispatcher.ts';
import { instant, millis, minutes as minutesOf, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { openDatagramPath } from '../support/datagram-path.ts';
import { gbDevice } from '../support/gb-device.ts';
import { largeBox } from '../support/gb-large-box.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device as code, password } from '../support/gb-registrar.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';
import type { Campaign } from './kill.ts';

export interface LossyWay extends AsyncDisposable {
  /** Where the platform is reached by it. */
  readonly port: number;
  readonly named: string;
  /** A share of 1, from now on. */
  lose(share: number): void;
  /** Datagrams or segments so far. */
  lost(): number;
}

export interface LossCourse {
  readonly minutes: number;
  readonly seed: number;
  readonly transport: 'udp' | 'tcp';
  openWay(platform: number): Promise<LossyWay>;
}

const share = 0.3;
const cameras = 12;
/** s; the shortest that may be asked for, so that many run out. */
const registration = 60;
const alarmEvery = seconds(2);
const changeEvery = seconds(10);
const look = millis(100);
const never = new AbortController().signal;

export function platformLoss({ seed, minutes = 10 }: Campaign): Promise<readonly Figure[]> {
  const openWay = async (platform: number): Promise<LossyWay> => {
    const path = await openDatagramPath(platform, randomFrom(seed));
    return {
      ...{ port: path.port, named: 'our own proxy' },
      lose: (loss) => path.become({ loss }),
      lost: () => path.counts().lost,
      [Symbol.asyncDispose]: () => path[Symbol.asyncDispose](),
    };
  };
  return lossCourse({ minutes, seed, transport: 'udp', openWay });
}

export async function lossCourse({ minutes, seed, transport, openWay }: LossCourse): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  const box = largeBox(systemClock, cameras);
  await using scope = new Scope();
  const bench = scope.own(await openTestJournal());
  const platform = scope.own(await localPlatform({ seed, welcome: { queries: false, subscriptions: ['Catalog'] } }));
  const way = scope.own(await openWay(platform.address.port));
  const link = gbDevice(way, systemClock, { codes: box.codes, transport, expires: registration }, password, box.door);
  scope.own(link);
  const ended = new AbortController();
  const dispatching = runDispatcher({ uplink: link.uplink, outbox: bench.journal.outbox, clock: systemClock, log: silentLogger }, ended.signal);
  scope.defer(() => {
    ended.abort();
    return dispatching;
  });
  const up = () => link.uplink.link()?.state === 'up';
  const known = () => platform.devices().find(({ online }) => online);
  const shown = () => (platform.catalogue(code)?.items ?? []).map((item) => `${item.deviceId} ${item.name} ${item.status}`).toSorted();
  const right = () => shown().join() === box.truth().join();
  await until(() => up() && known() !== undefined && platform.subscriptions().some(({ notices }) => notices > 0));
  // Once: from then on the platform is told, and never asks.
  await platform.askCatalogue(code, never);
  await until(right);

  const begun = systemClock.monotonic();
  const pressed: string[] = [];
  const without = new Stretches(begun);
  const unseen = new Stretches(begun);
  const expiries = new Set<number>();
  let keepalives = 0;
  let heard = 0;
  let nextAlarm: number = begun;
  let nextChange: number = begun;
  way.lose(share);
  for (let now = begun; now - begun < minutesOf(minutes); now = systemClock.monotonic()) {
    without.look(now, up());
    const seen = known();
    unseen.look(now, seen !== undefined);
    if (seen) expiries.add(seen.expiresAt);
    if (seen && seen.heardAt !== heard) [heard, keepalives] = [seen.heardAt, keepalives + 1];
    if (now >= nextAlarm) {
      nextAlarm += alarmEvery;
      const event = { ...alarm({ zone: `z${1 + Math.floor(random() * cameras)}`, type: 'panic.silent' }), occurredAt: instant(systemClock.now()) };
      pressed.push(event.id);
      await bench.journal.record(event, [police]);
    }
    if (now >= nextChange) {
      nextChange += changeEvery;
      box.set(1 + Math.floor(random() * cameras), random() < 0.5 ? 'offline' : 'normal');
    }
    await systemClock.sleep(look);
  }
  way.lose(0);
  const cleared = systemClock.monotonic();
  const lost = way.lost();
  const since = async (claim: () => boolean) => ((await until(claim)) ? (systemClock.monotonic() - cleared) / 1_000 : Number.NaN);
  const heardBefore = heard;
  const [again, told, delivered] = await Promise.all([
    since(() => up() && (known()?.heardAt ?? 0) > heardBefore),
    since(right),
    since(() => bench.journal.read.backlog(police).pending === 0),
  ]);
  without.end(systemClock.monotonic());
  unseen.end(systemClock.monotonic());

  const arrivals = platform.alarms().map(({ description, sn, repeat }) => ({ id: eventIn(description) ?? description, sn, repeat }));
  const numbers = new Map(arrivals.map(({ id }) => [id, new Set(arrivals.filter((one) => one.id === id).map(({ sn }) => sn))]));
  const fresh = arrivals.filter(({ repeat }) => !repeat);
  const none = (metric: string, value: number) => ({ metric, value, unit: 'count', limit: 0 });
  const dose = `${share * 100} % for ${Math.round((cleared - begun) / 1_000)} s, ${lost} lost, ${pressed.length} alarms`;
  return figuresOf({ test: `chaos platform-loss, ${transport.toUpperCase()} by ${way.named}`, dose, seed }, [
    { metric: 'longest time without a registration', value: without.most, unit: 's', limit: 90 },
    { metric: 'times without a registration', value: without.count, unit: 'count' },
    { metric: 'longest time that the platform took us for gone', value: unseen.most, unit: 's', limit: 90 },
    { metric: 'heard by the platform again after the loss', value: again, unit: 's', limit: 90 },
    { metric: 'catalogue right after the loss', value: told, unit: 's', limit: 60 },
    { metric: 'last alarm delivered after the loss', value: delivered, unit: 's', limit: 120 },
    { metric: 'registrations and refreshes that came through', value: expiries.size, unit: 'count' },
    { metric: 'keepalives and registrations heard', value: keepalives, unit: 'count' },
    none('alarms that never arrived', pressed.filter((id) => !numbers.has(id)).length),
    none('alarms that nobody pressed', [...numbers.keys()].filter((id) => !pressed.includes(id)).length),
    none('alarms with more than one SN', [...numbers.values()].filter(({ size }) => size > 1).length),
    none('alarms that count twice at the platform', fresh.length - new Set(fresh.map(({ id }) => id)).size),
    { metric: 'arrivals under an SN that was there before', value: arrivals.length - fresh.length, unit: 'count' },
  ]);
}

/** Times in which something was not so. */
class Stretches {
  readonly #lengths: number[] = [];
  #since: number | undefined;
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  look(now: number, so: boolean): void {
    this.#last = now;
    if (!so) this.#since ??= now;
    else this.end(now);
  }

  end(now = this.#last): void {
    if (this.#since !== undefined) this.#lengths.push((now - this.#since) / 1_000);
    this.#since = undefined;
  }

  get most(): number {
    return this.#lengths.length === 0 ? 0 : mostOf(this.#lengths);
  }

  get count(): number {
    return this.#lengths.length;
  }
}

async function until(claim: () => boolean, within = minutesOf(3)): Promise<boolean> {
  const limit = systemClock.monotonic() + within;
  while (!claim()) {
    if (systemClock.monotonic() > limit) return false;
    await systemClock.sleep(look);
  }
  return true;
}

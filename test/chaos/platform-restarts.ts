/** The police platform restarts again and again, at any moment and for any time, over UDP and TCP. Nobody touches the gateway. */
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../support/gb-device.ts';
import { largeBox } from '../support/gb-large-box.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device as code, password } from '../support/gb-registrar.ts';
import { type Figure, figuresOf, mostOf, randomFrom } from '../support/measure-figures.ts';
import type { Campaign } from './kill.ts';

const never = new AbortController().signal;
const cameras = 6;
/** Of the restarts, those after which the platform still knows who was registered. */
const shareRemembered = 0.2;
/** s. Most restarts are short, some last. */
const longest = { usual: 20, seldom: 300 };
const shareOfLong = 0.2;
/** Time passes in large steps then. */
const longWait = minutes(10);
/** s, between two of them. */
const apart = 45;

export async function platformRestarts({ runs, seed }: Campaign): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const transport of ['udp', 'tcp'] as const) figures.push(...(await restarts(transport, runs, seed)));
  return figures;
}

async function restarts(transport: 'udp' | 'tcp', runs: number, seed: number): Promise<readonly Figure[]> {
  const random = randomFrom(seed);
  const clock = new ManualClock();
  const box = largeBox(clock, cameras);
  await using platform = await localPlatform({ clock, seed, welcome: { queries: false, subscriptions: ['Catalog', 'Alarm'] } });
  await using link = gbDevice(platform.address, clock, { codes: box.codes, transport }, password, box.door);
  const heardSince = (then: number) => platform.devices().some(({ online, heardAt }) => online && heardAt > then);
  const registered = (then: number) => link.uplink.link()?.state === 'up' && heardSince(then);
  const subscribed = () => platform.subscriptions().filter(({ active, notices }) => active && notices > 0).length === 2;
  const shown = () => (platform.catalogue(code)?.items ?? []).map((item) => `${item.deviceId} ${item.name} ${item.status}`).toSorted();
  const right = () => shown().join() === box.truth().join();
  const passes = (length: number) => {
    const end = clock.now() + seconds(length);
    return until(clock, () => clock.now() >= end, longWait);
  };
  await until(clock, () => registered(0) && subscribed());
  const registeredAfter: number[] = [];
  const wellAfter: number[] = [];
  const toldAfter: number[] = [];
  let lost = 0;
  for (let run = 0; run < runs; run += 1) {
    await passes(random() * apart);
    await platform.down();
    box.set(1 + Math.floor(random() * cameras), random() < 0.5 ? 'offline' : 'normal');
    await passes(random() * (random() < shareOfLong ? longest.seldom : longest.usual));
    const forgets = random() >= shareRemembered;
    await platform.up(forgets ? 'nothing' : 'registrations');
    const back = clock.now();
    try {
      await until(clock, () => registered(back), minutes(3));
      registeredAfter.push((clock.now() - back) / 1_000);
      if (!forgets) continue;
      await until(clock, subscribed, minutes(3));
      // It has none any more, and asks; from then on it is told.
      void platform.askCatalogue(code, never).catch(() => undefined); // What it lacks is seen below.
      await until(clock, right, minutes(3));
      wellAfter.push((clock.now() - back) / 1_000);
      box.set(1 + Math.floor(random() * cameras), random() < 0.5 ? 'offline' : 'normal');
      const changed = clock.now();
      await until(clock, right, minutes(3));
      toldAfter.push((clock.now() - changed) / 1_000);
    } catch {
      lost += 1;
    }
  }
  return figuresOf({ test: `chaos platform-restarts, ${transport.toUpperCase()}`, dose: `${runs} restarts`, seed }, [
    { metric: 'not as before within 3 minutes', value: lost, unit: 'count', limit: 0 },
    { metric: 'registered again after, most', value: mostOf(registeredAfter), unit: 's', limit: 90 },
    { metric: 'subscribed to, and the same catalogue, after, most', value: mostOf(wellAfter), unit: 's', limit: 60 },
    { metric: 'a change told after, most', value: mostOf(toldAfter), unit: 's', limit: 20 },
  ]);
}

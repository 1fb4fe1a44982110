/** One misbehaviour of a platform, with one seed, against the real uplink: until all is well again, and what is left over. */
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { gbDevice, until } from './gb-device.ts';
import { largeBox } from './gb-large-box.ts';
import { localPlatform } from './gb-platform.ts';
import { device as code, password } from './gb-registrar.ts';

export interface Course {
  readonly name: string;
  readonly seed: number;
  /** s from the end of the misbehaviour until registered, subscribed to, and the same catalogue; undefined: not within two minutes. */
  readonly wellAfter: number | undefined;
  /** Dialogs at the platform beyond its subscriptions. */
  readonly leaked: number;
}

export interface CourseWish {
  readonly name: string;
  readonly seed: number;
  readonly transport: 'udp' | 'tcp';
  /** s of the clock that it lasts. */
  readonly length: number;
}

const never = new AbortController().signal;
const cameras = 6;

export async function runCourse({ name, seed, transport, length }: CourseWish): Promise<Course> {
  const clock = new ManualClock();
  const box = largeBox(clock, cameras);
  await using platform = await localPlatform({ clock, seed, welcome: { queries: false, subscriptions: ['Catalog', 'Alarm'] } });
  await using _device = gbDevice(
    platform.address,
    clock,
    { codes: box.codes, transport: name === 'tcp-reset' ? 'tcp' : transport },
    password,
    box.door,
  );
  const subscribed = () => platform.subscriptions().filter(({ active, notices }) => active && notices > 0).length === 2;
  await until(clock, subscribed, minutes(1));
  void platform.misbehave(name);
  const begun = clock.now();
  box.set(1 + (seed % cameras), 'offline');
  await until(clock, () => clock.now() >= begun + seconds(length), seconds(length + 10));
  void platform.misbehave();
  const ended = clock.now();
  const alive = () => platform.devices().some(({ online, heardAt }) => online && heardAt > ended);
  const shown = () => (platform.catalogue(code)?.items ?? []).map((item) => `${item.deviceId} ${item.name} ${item.status}`).toSorted();
  try {
    await until(clock, () => alive() && subscribed(), minutes(2));
    void platform.askCatalogue(code, never).catch(() => undefined); // What it lacks is seen below.
    await until(clock, () => shown().join() === box.truth().join(), minutes(2));
  } catch {
    return { name, seed, wellAfter: undefined, leaked: 0 };
  }
  return { name, seed, wellAfter: (clock.now() - ended) / 1_000, leaked: platform.dialogs() - platform.subscriptions().length };
}

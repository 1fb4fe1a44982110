/** The real uplink tells the platform simulator what the school has, and keeps it true. */
import { expect, test } from 'vitest';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import type { GbPlatform, GbPlatformOptions } from '../../simulators/platform/gb28181/platform.ts';
import { gbDevice, until } from '../support/gb-device.ts';
import { largeBox } from '../support/gb-large-box.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device as code, password } from '../support/gb-registrar.ts';

const never = new AbortController().signal;
/** Other programs run beside a test. */
const patient = { timeout: 90_000 };

const told: NonNullable<GbPlatformOptions['welcome']> = { queries: false, subscriptions: ['Catalog', 'Alarm'] };

async function school(size: number, settings: Readonly<Record<string, unknown>> = {}, welcome = told) {
  const clock = new ManualClock();
  const box = largeBox(clock, size);
  const platform = await localPlatform({ clock, welcome });
  const device = gbDevice(platform.address, clock, { codes: box.codes, ...settings }, password, box.door);
  return {
    ...{ clock, box, platform, device },
    subscribed: () => until(clock, () => platform.subscriptions().filter(({ active, notices }) => active && notices > 0).length === 2, minutes(2)),
    /** The catalogue as it is asked for; time goes by meanwhile. */
    async asked() {
      let done = false;
      const answer = platform.askCatalogue(code, never).finally(() => {
        done = true;
      });
      answer.catch(() => undefined);
      await until(clock, () => done, minutes(2));
      await answer;
    },
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

const shown = (platform: GbPlatform) =>
  (platform.catalogue(code)?.items ?? []).map(({ deviceId, name, status }) => `${deviceId} ${name} ${status}`).toSorted();

test.each([
  ['udp', '2016'],
  ['tcp', '2022'],
])(
  '200 channels and 200 zones arrive whole over %s in the edition of %s, and nothing is wrong with one of them',
  patient,
  async (transport, version) => {
    await using here = await school(200, { transport, version });
    await here.subscribed();
    await here.asked();
    expect(shown(here.platform)).toEqual(here.box.truth());
    expect(here.platform.complaints()).toEqual([]);
  },
);

test.each(['udp', 'tcp'])('greeted over %s as running platforms greet, it answers all of it', patient, async (transport) => {
  await using here = await school(20, { transport }, {});
  await until(here.clock, () => here.platform.subscriptions().filter(({ active }) => active).length === 3, minutes(2));
  await here.clock.advance(seconds(15));
  expect(here.platform.devices()).toMatchObject([{ online: true, heartbeat: { interval: 20, count: 3 }, info: { name: expect.any(String) } }]);
  expect(shown(here.platform)).toEqual(here.box.truth());
  expect(here.platform.complaints()).toEqual([]);
});

test('a camera that dies is OFF at the platform within 20 s, and ON again when it lives', patient, async () => {
  await using here = await school(10);
  await here.subscribed();
  await here.asked();
  for (const state of ['offline', 'normal'] as const) {
    here.box.set(3, state);
    await until(here.clock, () => shown(here.platform).join() === here.box.truth().join(), seconds(20));
  }
  expect(here.platform.complaints()).toEqual([]);
});

test('an hour without a link and ten changes later both trees are the same within a minute', patient, async () => {
  await using here = await school(30, { transport: 'tcp' });
  await here.subscribed();
  await here.asked();
  await here.platform.down();
  const end = here.clock.now() + minutes(60);
  while (here.clock.now() < end) await here.clock.advance(seconds(10));
  for (const serial of [1, 4, 7, 10, 13]) here.box.set(serial, 'offline');
  for (const serial of [2, 5, 8, 11, 14]) here.box.rename(serial, `改名 ${serial}`);
  await here.platform.up('registrations');
  await until(here.clock, () => here.platform.devices().some(({ online, registeredAt }) => online && registeredAt >= end), seconds(90));
  await until(here.clock, () => shown(here.platform).join() === here.box.truth().join(), seconds(60));
  expect(here.platform.complaints().filter(({ rule }) => rule !== 'welcome')).toEqual([]);
});

test('a platform that forgot everything has the same tree again', patient, async () => {
  await using here = await school(30);
  await here.subscribed();
  void here.platform.misbehave('restart');
  await until(here.clock, () => here.platform.devices().length === 0, seconds(10));
  here.box.set(2, 'offline');
  await here.subscribed();
  await here.asked();
  expect(shown(here.platform)).toEqual(here.box.truth());
});

/** The real uplink at the platform simulator, on a clock that we move: every way to register, and every way to lose a registration and find it again. */
import { describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { type GbDevice, gbDevice, until } from '../support/gb-device.ts';
import { localPlatform } from '../support/gb-platform.ts';

const transports = ['udp', 'tcp'] as const;
/** What the platform asks of a device is for other tests. */
const welcome = { queries: false, subscriptions: [] };

async function linked(transport: 'udp' | 'tcp', names: readonly string[] = [], secret?: string) {
  const clock = new ManualClock();
  const platform = await localPlatform({ clock, welcome });
  await platform.misbehave(...names);
  const device = gbDevice(platform.address, clock, { transport }, secret);
  const online = () => platform.devices().some((each) => each.online);
  return {
    clock,
    platform,
    device,
    online,
    /** Registered on both sides, and alive. */
    settled: (within: number) => until(clock, () => online() && up(device) && platform.devices()[0]!.keepalives > 0, within),
    async [Symbol.asyncDispose]() {
      await platform.misbehave();
      await device[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

const up = ({ uplink }: GbDevice) => uplink.link()?.state === 'up';

describe.each(transports)('over %s', (transport) => {
  test.each([
    'no-challenge',
    'no-qop',
    'sha-256',
    'several-challenges',
    'odd-challenge',
    'stale-nonce',
    'refresh-challenged',
    'slow-registrar',
    'redirect',
    'short-expiry',
    'date-none',
    'date-gmt',
    'date-zone',
    'date-wrong',
    'duplicate-requests',
    'late-answers',
    'compact-headers',
    'folded-headers',
    'leading-line-ends',
  ])('registers with a platform with %s, and does nothing that it would complain about', async (name) => {
    await using school = await linked(transport, [name]);
    await school.settled(seconds(20));
    expect(school.platform.complaints()).toEqual([]);
  });

  test('registers in time with a platform that grants little, again and again', async () => {
    await using school = await linked(transport, ['short-expiry']);
    await school.settled(seconds(10));
    let away = 0;
    await until(
      school.clock,
      () => {
        away += school.online() ? 0 : 1;
        return (school.platform.devices()[0]?.keepalives ?? 0) >= 6;
      },
      minutes(10),
    );
    expect([away, school.platform.devices()[0]?.registrations]).toEqual([0, 1]);
  });

  test.each([
    [['restart'], 10],
    [['amnesia'], 10],
    [['amnesia', 'silent-registrar'], 120],
    [['amnesia', 'overloaded'], 60],
    [['keepalive-403'], 60],
    [['messages-refused'], 60],
    [['keepalive-unanswered'], 90],
    [['tcp-reset'], 10],
    [['lossy'], 90],
    [['lost-answers', 'late-duplicates'], 90],
  ])('is registered again within 90 s of a platform with %s for %i s', async (names, length) => {
    await using school = await linked(transport);
    await school.settled(seconds(20));
    void school.platform.misbehave(...names);
    const end = school.clock.now() + seconds(length);
    await until(school.clock, () => school.clock.now() >= end, seconds(length + 10));
    void school.platform.misbehave();
    const well = school.clock.now();
    await until(school.clock, () => school.online() && school.platform.devices()[0]!.heardAt > well && up(school.device), seconds(90));
  });

  test('a platform that refuses is left in peace for a minute and more, and taken once it relents', async () => {
    await using school = await linked(transport, ['refused']);
    await refused(school, 2);
    await school.platform.misbehave();
    await school.settled(minutes(3));
  });

  test('a wrong password is refused, and is not tried again within a minute', async () => {
    await using school = await linked(transport, ['asks-again'], 'wrong');
    await refused(school, 4);
    expect(school.online()).toBe(false);
  });
});

/** After so many messages nothing more is said for 55 s. */
async function refused({ clock, platform }: Awaited<ReturnType<typeof linked>>, messages: number): Promise<void> {
  await until(clock, () => platform.passages().length === messages);
  await clock.advance(seconds(55));
  expect(platform.passages()).toHaveLength(messages);
}

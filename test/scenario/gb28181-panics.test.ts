/** The real uplink tells the platform simulator of panics: what each of the two has of them afterwards. */
import { expect, test } from 'vitest';
import type { Delivery } from '../../gateway/domain/delivery.ts';
import { instant, minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { gbDevice, until } from '../support/gb-device.ts';
import { largeBox, zoneCode } from '../support/gb-large-box.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { password } from '../support/gb-registrar.ts';
import { alarm, police } from '../support/spine.ts';

const never = new AbortController().signal;

function panic(serial: number): Delivery {
  const event = {
    ...alarm({ panel: 'gate', zone: `z${serial}`, type: 'panic.silent' }),
    occurredAt: instant(1_767_225_600_000),
    severity: 1 as const,
    clockTrust: 'ok' as const,
  };
  const body = JSON.stringify({ version: 1, position: serial, journalledAt: '2026-01-01T00:00:00.000Z', event });
  const lane = `gate/z${serial}`;
  return { uplink: police, event: event.id, position: serial, journalledAt: event.occurredAt, body, kind: event.kind, lane, rank: 0, attempts: 0 };
}

async function school(
  transport: 'udp' | 'tcp',
  subscriptions: readonly ('Catalog' | 'Alarm')[],
  clock: ManualClock | typeof systemClock = systemClock,
) {
  const box = largeBox(clock, 100);
  const platform = await localPlatform({ clock, welcome: { queries: false, subscriptions } });
  const device = gbDevice(platform.address, clock, { codes: box.codes, transport, timeout: 30 }, password, box.door);
  await until(clock, () => platform.devices().some(({ keepalives }) => keepalives > 0), seconds(20));
  await until(clock, () => platform.subscriptions().filter(({ notices }) => notices > 0).length === subscriptions.length, seconds(20));
  return {
    ...{ clock, platform, device },
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

test.each([
  ['udp', [], 'MESSAGE'],
  ['tcp', [], 'MESSAGE'],
  ['udp', ['Alarm'], 'NOTIFY'],
  ['tcp', ['Alarm'], 'NOTIFY'],
] as const)(
  '100 panics at once over %s with subscriptions to %j arrive as they were asked for, each once, and each is answered',
  { timeout: 120_000 },
  async (transport, subscriptions, by) => {
    await using here = await school(transport, subscriptions);
    const serials = Array.from({ length: 100 }, (_, index) => index + 1);
    await Promise.all(serials.map((serial) => here.device.uplink.deliver(panic(serial), never)));
    const alarms = here.platform.alarms();
    expect(alarms.map(({ sn, code }) => `${sn} ${code}`).toSorted()).toEqual(serials.map((serial) => `${serial} ${zoneCode(serial)}`).toSorted());
    expect(new Set(alarms.map((each) => `${each.by} ${each.priority} ${each.method} ${each.occurredAt} ${each.repeat}`))).toEqual(
      new Set([`${by} 1 2 1767225600000 false`]),
    );
    const answered = () => here.device.door.receipts.filter((receipt) => receipt.includes('Response')).length;
    await eventually(() => expect(answered()).toBe(100));
    expect(here.platform.complaints()).toEqual([]);
  },
);

test.each(['lossy', 'lost-answers', 'late-answers', 'duplicate-requests', 'alarm-without-response', 'alarm-error', 'tcp-reset'])(
  'tried until it is taken, an alarm comes through to a platform with %s under one SN, and never counts twice',
  { timeout: 120_000 },
  async (name) => {
    await using here = await school(name === 'tcp-reset' ? 'tcp' : 'udp', [], new ManualClock());
    void here.platform.misbehave(name);
    const taken = (async () => {
      const delivery = panic(7);
      for (;;) {
        const accepted = await here.device.uplink.deliver(delivery, never).catch(() => undefined);
        if (accepted) return;
        await here.clock.sleep(seconds(2));
      }
    })();
    let done = false;
    void taken.then(() => {
      done = true;
    });
    await until(here.clock, () => done, minutes(3));
    const fresh = here.platform.alarms().filter(({ repeat }) => !repeat);
    expect(fresh.map(({ sn, code }) => `${sn} ${code}`)).toEqual([`7 ${zoneCode(7)}`]);
  },
);

test('nothing is said to a platform that does not know us, and what waited comes once it does', { timeout: 120_000 }, async () => {
  await using here = await school('udp', [], new ManualClock());
  await here.platform.misbehave('amnesia', 'silent-registrar');
  await until(here.clock, () => here.device.uplink.link()?.state !== 'up', minutes(2));
  expect(await outcome(here, panic(3))).toBe('refused');
  expect(here.platform.alarms()).toEqual([]);
  void here.platform.misbehave();
  await until(here.clock, () => here.device.uplink.link()?.state === 'up', minutes(2));
  expect(await outcome(here, panic(3))).toBe('taken');
  expect(here.platform.alarms()).toHaveLength(1);
});

/** Of one delivery, while time goes by. */
async function outcome({ device, clock }: Awaited<ReturnType<typeof school>>, delivery: Delivery): Promise<string | undefined> {
  let said: string | undefined;
  device.uplink.deliver(delivery, never).then(
    () => {
      said = 'taken';
    },
    () => {
      said = 'refused';
    },
  );
  await until(clock, () => said !== undefined, seconds(60));
  return said;
}

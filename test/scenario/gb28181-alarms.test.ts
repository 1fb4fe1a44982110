/** Journal, dispatcher and the real uplink against the platform simulator: what an outage, a lossy line and a restart do to alarms. */
import { expect, test } from 'vitest';
import { eventIn } from '../../adapters/uplinks/gb28181/alarms/notice.ts';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { instant, minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import type { GbPlatform } from '../../simulators/platform/gb28181/platform.ts';
import { gbDevice, sendingBox, until } from '../support/gb-device.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device } from '../support/gb-registrar.ts';
import { alarm, type JournalBench, openTestJournal, police, start } from '../support/spine.ts';

const code = (serial: number) => `3402000000134${String(serial).padStart(7, '0')}`;
/** 20 zones of detectors, and 100 panic buttons. */
const zones = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`gate/${index}`, code(index + 1)]));
const panicAt = 20;

function press(index: number): AlarmRaised {
  const panic = index % 10 === 0;
  const zone = panic ? panicAt + ((index / 10) % 100) : index % panicAt;
  return {
    ...alarm({ zone: String(zone), type: panic ? 'panic.silent' : 'burglary' }),
    severity: panic ? 1 : 2,
    occurredAt: instant(start + index * 1_000),
  };
}

/** The sending half of the box: dies when disposed, as in a power cut, and can begin anew on the same journal. */
function sender(bench: JournalBench, platform: GbPlatform, clock: ManualClock, transport: 'udp' | 'tcp') {
  const link = gbDevice(platform.address, clock, { codes: { device, zones }, transport });
  return sendingBox(link, bench.journal.outbox, clock);
}

const record = async ({ journal }: JournalBench, events: readonly AlarmRaised[]) => {
  await Promise.all(events.map((event) => journal.record(event, [police])));
};
const delivered = ({ journal }: JournalBench) => journal.read.backlog(police).pending === 0;

test('ten minutes without a platform: 1,000 alarms arrive after it, once each, panic first, in the order of their zone, with their own times', {
  timeout: 120_000,
}, async () => {
  const clock = new ManualClock(Date.now());
  await using bench = await openTestJournal();
  await using platform = await localPlatform({ clock, welcome: { queries: false, subscriptions: [] } });
  await using box = sender(bench, platform, clock, 'udp');
  await until(clock, box.up);
  await platform.down();
  const events = Array.from({ length: 1_000 }, (_, index) => press(index));
  await record(bench, events);
  const left = clock.now();
  await until(clock, () => clock.now() - left > minutes(10), minutes(20));
  await platform.up('nothing');
  const back = clock.now();
  await until(clock, () => platform.alarms().length > 0, minutes(5));
  expect(clock.now() - back).toBeLessThanOrEqual(seconds(90));
  await until(clock, () => delivered(bench), minutes(20));

  // Minutes of this clock are a moment of the machine's: an answer may be late by it, and what is sent again counts as a repeat.
  const arrived = platform.alarms().filter(({ repeat }) => !repeat);
  expect(platform.alarms().length - arrived.length).toBeLessThanOrEqual(10);
  expect(arrived.map(({ description }) => eventIn(description)).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  expect(new Set(arrived.map(({ sn }) => sn)).size).toBe(1_000);
  const lastPanic = arrived.findLastIndex(({ priority }) => priority === 1);
  // 100 of them, and what had a place in the window before.
  expect(lastPanic).toBeLessThanOrEqual(100 + 2 * 16);
  for (const zone of new Set(arrived.map((each) => each.code))) {
    const order = arrived.filter((each) => each.code === zone).map(({ sn }) => sn);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  }
  const times = new Map<string | undefined, number>(events.map(({ id, occurredAt }) => [id, Math.floor((occurredAt ?? 0) / 1_000) * 1_000]));
  for (const { description, occurredAt } of arrived) expect(occurredAt).toBe(times.get(eventIn(description)));
  expect(platform.complaints()).toEqual([]);
});

test.each(['udp', 'tcp'] as const)(
  'answers that get lost over %s, and a box that restarts: what is sent again has the SN that it had',
  async (transport) => {
    const clock = new ManualClock(Date.now());
    await using bench = await openTestJournal();
    await using platform = await localPlatform({ clock, welcome: { queries: false, subscriptions: [] } });
    const events = Array.from({ length: 60 }, (_, index) => press(index));
    {
      await using box = sender(bench, platform, clock, transport);
      await until(clock, box.up);
      await platform.misbehave(transport === 'udp' ? 'lost-answers' : 'alarm-error');
      await record(bench, events);
      await until(clock, () => platform.alarms().length >= 20, minutes(5));
    }
    await platform.misbehave();
    await using box = sender(bench, platform, clock, transport);
    await until(clock, box.up, minutes(3));
    await until(clock, () => delivered(bench), minutes(30));
    const byEvent = new Map<string | undefined, Set<number>>();
    for (const { description, sn } of platform.alarms()) byEvent.set(eventIn(description), (byEvent.get(eventIn(description)) ?? new Set()).add(sn));
    expect(byEvent.size).toBe(60);
    for (const sns of byEvent.values()) expect(sns.size).toBe(1);
  },
);

test('alarms go by NOTIFY where the platform has subscribed, and by MESSAGE where it has not', async () => {
  const clock = new ManualClock(Date.now());
  await using bench = await openTestJournal();
  await using platform = await localPlatform({ clock, welcome: { queries: false, subscriptions: ['Alarm'] } });
  await using box = sender(bench, platform, clock, 'udp');
  await until(clock, () => box.up() && platform.subscriptions().length > 0);
  await record(bench, [press(0)]);
  await until(clock, () => delivered(bench));
  await platform.unsubscribe(device, 'Alarm', AbortSignal.timeout(30_000));
  await clock.advance(seconds(1));
  await record(bench, [press(1)]);
  await until(clock, () => delivered(bench));
  expect(platform.alarms().map(({ by }) => by)).toEqual(['NOTIFY', 'MESSAGE']);
  expect(platform.complaints()).toEqual([]);
});

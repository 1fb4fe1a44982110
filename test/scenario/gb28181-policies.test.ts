/**
 * What counts as accepted by a platform (`alarms.ack`), against one that behaves well or in the ways in which real ones fail: accepted only when the policy
 * says so, repeated under the same number otherwise, never counted twice, and never lost over the end of the box between the 200 and what was waited for.
 */
import { expect, test } from 'vitest';
import { eventIn } from '../../adapters/uplinks/gb28181/alarms/notice.ts';
import type { AlarmRaised } from '../../gateway/domain/event.ts';
import { instant, minutes, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { gbDevice, sendingBox, until } from '../support/gb-device.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device } from '../support/gb-registrar.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

type Policy = 'sip200' | 'response' | 'query';
type Transport = 'udp' | 'tcp';

const zones = Object.fromEntries([1, 2, 3].map((zone) => [`gate/${zone}`, `3402000000134000000${zone}`]));

/** The journal outlives the boxes that send from it. */
async function bureau(policy: Policy, transport: Transport) {
  const scope = new Scope();
  const clock = new ManualClock(Date.now());
  const { journal } = scope.own(await openTestJournal({ clock }));
  const platform = scope.own(await localPlatform({ clock, welcome: { queries: false, subscriptions: [] } }));
  const receiptsOf = ({ id }: AlarmRaised) => journal.read.alarm(id)?.receipts ?? [];
  return {
    ...{ clock, platform },
    /** Dies when disposed, and can begin anew. */
    box() {
      const settings = { codes: { device, zones }, transport, alarms: { ack: policy } };
      const around = { receipt: (event: AlarmRaised['id'], receipt: Parameters<typeof journal.receipt>[1]) => journal.receipt(event, receipt) };
      const link = gbDevice(platform.address, clock, settings, undefined, around);
      return sendingBox(link, journal.outbox, clock);
    },
    async press(zone: number): Promise<AlarmRaised> {
      const at = instant(Math.floor(clock.now() / 1_000) * 1_000);
      const event = { ...alarm({ zone: String(zone), type: 'panic.silent' }), occurredAt: at, receivedAt: at };
      await journal.record(event, [police]);
      return event;
    },
    /** Why it counts as accepted; undefined: it does not. */
    proofOf: (event: AlarmRaised) => receiptsOf(event).find(({ hop }) => hop === 'accepted')?.proof,
    /** How often it arrived; what comes again must be seen to be the same. */
    arrivalsOf(event: AlarmRaised) {
      const own = platform.alarms().filter(({ description }) => eventIn(description) === event.id);
      expect(new Set(own.map(({ sn, code, occurredAt }) => `${sn} ${code} ${occurredAt}`)).size).toBeLessThanOrEqual(1);
      return own.length;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** `accepted`: at once, and sent once. `repeated`: not as long as the platform goes on like that. `refused`: neither, and not hammered. */
type Outcome = 'accepted' | 'repeated' | 'refused';

const proofs: Readonly<Record<Policy, RegExp>> = { sip200: /^SIP 200$/, response: /^Response OK, SN \d+$/, query: /^alarm query \d+$/ };

const table: readonly (readonly [Policy, string, Outcome])[] = [
  ['sip200', 'nothing', 'accepted'],
  ['sip200', 'alarm-without-response', 'accepted'],
  ['sip200', 'alarm-not-kept', 'accepted'],
  ['sip200', 'messages-refused', 'repeated'],
  ['response', 'nothing', 'accepted'],
  ['response', 'alarm-late-response', 'accepted'],
  ['response', 'alarm-not-kept', 'accepted'],
  ['response', 'alarm-without-response', 'repeated'],
  ['response', 'alarm-error', 'refused'],
  ['query', 'nothing', 'accepted'],
  ['query', 'alarm-without-response', 'accepted'],
  ['query', 'alarm-late-response', 'accepted'],
  ['query', 'alarm-not-kept', 'repeated'],
  ['query', 'messages-refused', 'repeated'],
];

test.each(table.map((row, index) => [...row, (['udp', 'tcp'] as const)[index % 2]!] as const))(
  '%s: of a platform with %s an alarm is %s, over %s',
  async (policy, misbehaviour, outcome, transport) => {
    await using here = await bureau(policy, transport);
    const { clock, platform, proofOf, arrivalsOf } = here;
    await using box = here.box();
    await until(clock, box.up);
    if (misbehaviour !== 'nothing') await platform.misbehave(misbehaviour);
    const pressed = [await here.press(1), await here.press(2), await here.press(1)];
    const accepted = () => pressed.every((event) => proofOf(event) !== undefined);
    if (outcome !== 'accepted') {
      const began = clock.now();
      await until(clock, () => clock.now() - began > seconds(30), minutes(2));
      expect(pressed.map(proofOf)).toEqual([undefined, undefined, undefined]);
      // The first of each zone; what is behind one that is not accepted waits for it, but not for one that is refused.
      const arrivals = pressed.map(arrivalsOf);
      if (outcome === 'repeated') expect(Math.min(...arrivals.slice(0, 2))).toBeGreaterThan(1);
      else expect(arrivals.slice(0, 2)).toEqual([1, 1]);
      await platform.misbehave();
    }
    await until(clock, accepted, minutes(5));
    for (const event of pressed) expect(proofOf(event)).toMatch(proofs[policy]);
    if (outcome === 'accepted') expect(pressed.map(arrivalsOf)).toEqual([1, 1, 1]);
    const kept = platform.alarms().filter(({ answered, repeat }) => answered < 300 && !repeat);
    expect(kept.map(({ description }) => eventIn(description)).toSorted()).toEqual(pressed.map(({ id }) => id as string).toSorted());
  },
);

test('response: half of the Responses lost, everything is accepted by its own in the end, and shown once', async () => {
  await using here = await bureau('response', 'udp');
  const { clock, platform, proofOf, arrivalsOf } = here;
  await using box = here.box();
  await until(clock, box.up);
  await platform.misbehave('alarm-lost-response');
  const pressed = await Promise.all([1, 2, 3, 1, 2, 3, 1, 2, 3].map((zone) => here.press(zone)));
  await until(clock, () => pressed.every((event) => proofOf(event) !== undefined), minutes(10));
  expect(pressed.map(arrivalsOf).some((times) => times > 1)).toBe(true);
  expect(platform.alarms().filter(({ repeat }) => !repeat)).toHaveLength(9);
});

test('query: of two alarms of one second, the one that the platform has is no proof of the other', async () => {
  await using here = await bureau('query', 'udp');
  const { clock, platform, proofOf } = here;
  await using box = here.box();
  await until(clock, box.up);
  const first = await here.press(1);
  await until(clock, () => proofOf(first) !== undefined);
  await platform.misbehave('alarm-not-kept');
  const second = { ...(await here.press(1)) };
  const began = clock.now();
  await until(clock, () => clock.now() - began > seconds(30), minutes(2));
  expect(proofOf(second)).toBeUndefined();
  await platform.misbehave();
  await until(clock, () => proofOf(second) !== undefined, minutes(2));
});

test.each([
  ['response', 'alarm-late-response'],
  ['response', 'alarm-without-response'],
  ['query', 'alarm-not-kept'],
] as const)('%s: a box that ends between the 200 and the proof (%s) sends again under the same number', async (policy, misbehaviour) => {
  await using here = await bureau(policy, 'udp');
  const { clock, platform, proofOf, arrivalsOf } = here;
  let pressed: AlarmRaised;
  {
    await using box = here.box();
    await until(clock, box.up);
    await platform.misbehave(misbehaviour);
    pressed = await here.press(1);
    await until(clock, () => arrivalsOf(pressed) === 1);
  }
  expect(proofOf(pressed)).toBeUndefined();
  await platform.misbehave();
  await using box = here.box();
  await until(clock, () => box.up() && proofOf(pressed) !== undefined, minutes(2));
  expect(proofOf(pressed)).toMatch(proofs[policy]);
  expect(arrivalsOf(pressed)).toBe(2);
  expect(platform.alarms().map(({ repeat }) => repeat)).toEqual([false, true]);
});

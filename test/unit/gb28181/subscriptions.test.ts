/** Subscriptions over a real SIP socket: opened, refreshed, replaced, ended. */
import { describe, expect, test } from 'vitest';
import { type ManscdpMessage, readManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { wantsAlarm } from '../../../adapters/uplinks/gb28181/alarm-filter.ts';
import { Subscriptions } from '../../../adapters/uplinks/gb28181/subscriptions.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { device, type GbPeer, gbPeer } from '../../support/gb-peer.ts';
import { never } from '../../support/sip-endpoint.ts';

const button = '34020000001340000001';
const wanted = (cmdType: 'Catalog' | 'Alarm' | 'MobilePosition', sn = 7, deviceId = device): ManscdpMessage =>
  ({ root: 'Query', cmdType, sn, deviceId, content: {} }) as ManscdpMessage;
const alarm = (deviceId = button) =>
  ({ root: 'Notify', cmdType: 'Alarm', sn: 1_024, deviceId, content: { alarmPriority: 1, alarmMethod: 2, alarmTime: 1_767_225_600_000 } }) as const;

const urgent = { patience: seconds(3) };
const off = (sn: number) =>
  ({ root: 'Notify', cmdType: 'Catalog', sn, deviceId: device, content: { sumNum: 1, items: [{ deviceId: button, event: 'OFF' }] } }) as const;

function open(peer: GbPeer, clock: Clock = systemClock) {
  const opened: string[] = [];
  const subscriptions = new Subscriptions({
    ...{ voice: peer.voice, device, clock, log: silentLogger },
    first: ({ cmdType }) => (cmdType === 'Catalog' ? { sumNum: 0, items: [] } : undefined),
    opened: (kind) => opened.push(kind),
  });
  peer.take = (incoming) => {
    const asked = incoming.request.body.length > 0 ? readManscdp(incoming.request.body) : undefined;
    subscriptions.take(incoming, asked?.root === 'Query' ? asked : undefined, never);
  };
  return { subscriptions, opened };
}

describe('a subscription', () => {
  test('is known by what it asks, whatever its Event header says, and each notice says that header again', async () => {
    await using peer = await gbPeer();
    const { subscriptions, opened } = open(peer);
    const { status, body } = await peer.subscribe(wanted('Alarm'), { event: 'presence;id=77', expires: 90 });
    expect([status, body]).toMatchObject([200, { cmdType: 'Alarm', content: { result: 'OK' } }]);
    expect((await subscriptions.alarm(alarm(), never, urgent))?.status).toBe(200);
    await eventually(() => expect(peer.heard).toEqual([alarm()].map((message) => expect.objectContaining(message))));
    expect(peer.states).toEqual([
      { event: 'presence;id=77', state: 'active;expires=90;retry-after=0' },
      { event: 'presence;id=77', state: 'active;expires=90;retry-after=0' },
    ]);
    expect(opened).toEqual(['Alarm']);
    expect(peer.device.troubles).toEqual([]);
  });

  test('to positions stands and is refreshed, and tells none: nobody has entered where a school stands', async () => {
    await using peer = await gbPeer();
    const clock = new ManualClock();
    const { subscriptions } = open(peer, clock);
    const { status, body, dialog } = await peer.subscribe(wanted('MobilePosition'), { event: 'presence;id=55', expires: 60 });
    expect([status, body]).toMatchObject([200, { cmdType: 'MobilePosition', content: { result: 'OK' } }]);
    await eventually(() => expect(peer.states).toEqual([{ event: 'presence;id=55', state: 'active;expires=60;retry-after=0' }]));
    await clock.advance(seconds(50));
    expect(await peer.refresh(dialog!, 120)).toBe(200);
    await clock.advance(seconds(121));
    expect(subscriptions.has('MobilePosition')).toBe(false);
    await eventually(() => expect(peer.states.at(-1)?.state).toBe('terminated;reason=timeout'));
    expect(peer.heard).toEqual([]);
    expect(clock.sleepers).toBe(0);
  });

  test('is refreshed without a body, lasts as long as the refresh says, and ends in its time', async () => {
    await using peer = await gbPeer();
    const clock = new ManualClock();
    const { subscriptions } = open(peer, clock);
    const { dialog } = await peer.subscribe(wanted('Catalog'), { expires: 60 });
    await clock.advance(seconds(50));
    expect(await peer.refresh(dialog!, 120)).toBe(200);
    await clock.advance(seconds(110));
    expect(subscriptions.has('Catalog')).toBe(true);
    await clock.advance(seconds(11));
    expect(subscriptions.has('Catalog')).toBe(false);
    await eventually(() => expect(peer.states.at(-1)?.state).toBe('terminated;reason=timeout'));
    await eventually(() => expect(peer.device.endpoint.ledger.dialogs).toBe(0));
    expect(clock.sleepers).toBe(0);
    expect(await peer.refresh(dialog!, 120)).toBe(481);
  });

  test('is cancelled by a refresh of 0 s', async () => {
    await using peer = await gbPeer();
    const { subscriptions } = open(peer);
    const { dialog } = await peer.subscribe(wanted('Catalog'));
    expect(await peer.refresh(dialog!, 0)).toBe(200);
    expect(subscriptions.size).toBe(0);
    await eventually(() => expect(peer.states.at(-1)?.state).toBe('terminated;reason=timeout'));
    expect([subscriptions.size, await subscriptions.alarm(alarm(), never, urgent)]).toEqual([0, undefined]);
  });

  test('replaces the one before it of the same kind; those of alarms one per device', async () => {
    await using peer = await gbPeer();
    const { subscriptions } = open(peer);
    const { dialog: before } = await peer.subscribe(wanted('Catalog'));
    await peer.subscribe(wanted('Catalog', 8));
    await peer.subscribe(wanted('Alarm', 9, button));
    await peer.subscribe(wanted('Alarm', 10, '34020000001340000002'));
    expect(subscriptions.size).toBe(3);
    expect(await peer.refresh(before!, 600)).toBe(481);
    expect(await subscriptions.alarm(alarm('34020000001340000009'), never, urgent)).toBeUndefined();
    expect((await subscriptions.alarm(alarm(), never, urgent))?.status).toBe(200);
    await eventually(() => expect(peer.device.endpoint.ledger.dialogs).toBe(3));
    subscriptions.end();
    expect([subscriptions.size, peer.device.endpoint.ledger.dialogs]).toEqual([0, 0]);
  });

  test('is over where the platform refuses a notice', async () => {
    await using peer = await gbPeer();
    const { subscriptions } = open(peer);
    await peer.subscribe(wanted('Alarm'));
    await eventually(() => expect(peer.states).toHaveLength(1));
    peer.answer = () => 489;
    expect((await subscriptions.alarm(alarm(), never, urgent))?.status).toBe(489);
    expect(subscriptions.size).toBe(0);
  });

  test('to the catalogue that leaves a change unanswered is told the next one', async () => {
    await using peer = await gbPeer();
    const { subscriptions } = open(peer);
    await peer.subscribe(wanted('Catalog'));
    await eventually(() => expect(peer.heard).toHaveLength(1));
    peer.answer = () => undefined;
    using given = systemClock.deadline(millis(200));
    await expect(subscriptions.notify(off(20), given)).rejects.toThrow();
    peer.answer = () => 200;
    expect(subscriptions.has('Catalog')).toBe(true);
    expect((await subscriptions.notify(off(21), never))?.status).toBe(200);
    expect(peer.heard.at(-1)).toMatchObject({ sn: 21 });
  });

  test('to what we do not offer is refused, and so is one that says nothing', async () => {
    await using peer = await gbPeer();
    open(peer);
    expect((await peer.subscribe({ root: 'Query', cmdType: 'DeviceInfo', sn: 1, deviceId: device, content: {} })).status).toBe(489);
    const { response } = await peer.platform.endpoint.subscribe(
      { uri: `sip:${device}@3402000000`, from: 'sip:34020000002000000001@3402000000', to: `sip:${device}@3402000000` },
      peer.device.peer('UDP'),
      () => undefined,
      never,
    );
    expect(response.status).toBe(400);
  });
});

describe('a subscription to alarms', () => {
  async function alarmed(clock = new ManualClock()) {
    const peer = await gbPeer();
    const { subscriptions } = open(peer, clock);
    const { dialog } = await peer.subscribe(wanted('Alarm'));
    await eventually(() => expect(peer.states).toHaveLength(1));
    const tell = (signal = never) => {
      const told = subscriptions.alarm(alarm(), signal, urgent).then(
        (response) => response?.status ?? 'nobody',
        () => 'unanswered',
      );
      return told;
    };
    return { peer, subscriptions, clock, dialog: dialog!, tell, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
  }

  test('that takes a burst slowly, one after the other, is not silent', async () => {
    await using here = await alarmed();
    const waiting: (() => void)[] = [];
    here.peer.pace = () => new Promise((resolve) => waiting.push(resolve));
    const told = [here.tell(), here.tell(), here.tell(), here.tell()];
    await eventually(() => expect(waiting).toHaveLength(4));
    for (const [index, answer] of waiting.entries()) {
      await here.clock.advance(seconds(2));
      answer();
      expect(await told[index]).toBe(200);
    }
    here.peer.pace = async () => undefined;
    expect(await here.tell()).toBe(200);
    expect(here.clock.sleepers).toBe(1); // its end
  });

  test('that answers nothing is waited for once, by all together, until it refreshes', async () => {
    await using here = await alarmed();
    here.peer.answer = ({ method }) => (method === 'NOTIFY' ? undefined : 200);
    const told = [here.tell()];
    await eventually(() => expect(here.peer.states).toHaveLength(2));
    await here.clock.advance(seconds(2));
    told.push(here.tell(), here.tell());
    await eventually(() => expect(here.peer.states).toHaveLength(4));
    await here.clock.advance(seconds(1.1));
    expect(await Promise.all(told)).toEqual(['unanswered', 'unanswered', 'unanswered']);
    expect(await here.tell()).toBe('nobody');
    expect(here.subscriptions.has('Alarm')).toBe(true);
    here.peer.answer = () => 200;
    expect(await here.peer.refresh(here.dialog, 600)).toBe(200);
    expect(await here.tell()).toBe(200);
  });

  test('is not silent where whoever asked waits no longer', async () => {
    await using here = await alarmed();
    here.peer.answer = () => undefined;
    const given = new AbortController();
    const told = here.tell(given.signal);
    await eventually(() => expect(here.peer.states).toHaveLength(2));
    given.abort();
    expect(await told).toBe('unanswered');
    here.peer.answer = () => 200;
    expect(await here.tell()).toBe(200);
  });

  test('outlives a 500, which is about one NOTIFY that came out of turn', async () => {
    await using here = await alarmed();
    here.peer.answer = () => 500;
    expect(await here.tell()).toBe(500);
    here.peer.answer = () => 200;
    expect(await here.tell()).toBe(200);
  });
});

test.each([
  [true, {}],
  [true, { startAlarmPriority: 0, endAlarmPriority: 0, alarmMethods: [0], alarmType: '0' }],
  [true, { startAlarmPriority: 1, endAlarmPriority: 2, alarmMethods: [1, 2] }],
  [false, { startAlarmPriority: 2 }],
  [false, { alarmMethods: [5, 6] }],
  [false, { alarmType: '2' }],
  [true, { alarmType: '1/3' }],
  [false, { startAlarmTime: 1_767_225_600_001 }],
  [true, { startAlarmTime: 1_767_225_600_000, endAlarmTime: 1_767_225_600_000 }],
  [false, { endAlarmTime: 1_767_225_599_999 }],
])('an alarm is wanted: %s, by %o', (wants, query) => {
  expect(wantsAlarm(query, { ...alarm().content, info: { alarmType: '1' } })).toBe(wants);
});

/** Alarms on their way to a police platform, over real sockets (facts §4.5, alarm-panels §2.3 and §2.4). */
import { describe, expect, test } from 'vitest';
import type { Asked } from '../../../adapters/protocols/sip/dialog.ts';
import type { DomainEvent } from '../../../gateway/domain/event.ts';
import { instant } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { deliveryOf, gbDevice, until } from '../../support/gb-device.ts';
import { device, GbRegistrar } from '../../support/gb-registrar.ts';
import { never } from '../../support/sip-endpoint.ts';
import { alarm } from '../../support/spine.ts';

const zoneCode = '34020000001340000007';
const codes = { device, zones: { 'gate/1': zoneCode } };

/** What the platform was told of alarms. */
const alarms = (registrar: GbRegistrar) =>
  registrar.heard.flatMap(({ message }) => (message?.root === 'Notify' && message.cmdType === 'Alarm' ? [message] : []));
const isAlarm = (registrar: GbRegistrar) => registrar.heard.at(-1)?.message?.cmdType === 'Alarm';

async function linked(changes: Readonly<Record<string, unknown>> = {}) {
  const registrar = await new GbRegistrar(systemClock).open();
  const link = gbDevice(registrar, systemClock, { codes, timeout: 20, ...changes });
  return {
    ...{ registrar, link },
    deliver: (event: DomainEvent, position?: number) => link.uplink.deliver(deliveryOf(event, position), never),
    async [Symbol.asyncDispose]() {
      await link[Symbol.asyncDispose]();
      await registrar.close();
    },
  };
}

test('a panic goes out with its zone’s code, its priority, its true time and its event id', async () => {
  await using here = await linked();
  const event = {
    ...alarm({ panel: 'gate', zone: '1', type: 'panic.silent' }),
    severity: 1 as const,
    occurredAt: instant(1_767_225_600_123),
    clockTrust: 'ok' as const,
  };
  expect(await here.deliver(event)).toEqual({ proof: 'SIP 200' });
  const [sent] = alarms(here.registrar);
  expect(sent).toMatchObject({ sn: 41, deviceId: zoneCode, content: { alarmPriority: 1, alarmMethod: 2, alarmTime: 1_767_225_600_000 } });
  expect(sent?.content.alarmDescription).toContain('无声紧急报警');
  expect(sent?.content.alarmDescription).toMatch(new RegExp(`\\[事件 ${event.id}\\]\\[时间 2026-01-01 08:00:00\\.123\\]$`));
  expect(sent?.content.info?.alarmType).toBeUndefined();
  expect(here.link.door.receipts).toEqual([`${event.id.slice(-4)} sent MESSAGE, SN 41`, `${event.id.slice(-4)} answered SIP 200 to MESSAGE`]);
});

test.each([
  ['tamper.sensor', { alarmMethod: 2, info: { alarmType: '2' } }],
  ['temp.high', { alarmMethod: 2, info: { alarmType: '4' } }],
  ['power.ac', { alarmMethod: 6 }],
  ['video.tripwire', { alarmMethod: 5, info: { alarmType: '5' } }],
  ['unknown.999', { alarmMethod: 2 }],
] as const)('%s has its method and type', async (type, content) => {
  await using here = await linked();
  await here.deliver(alarm({ panel: 'gate', zone: '1', type }));
  expect(alarms(here.registrar)[0]?.content).toMatchObject(content);
});

test('a site may want other numbers for a type', async () => {
  await using here = await linked({ alarms: { mapping: { burglary: { priority: 1, method: 5, type: 6 } } } });
  await here.deliver(alarm({ type: 'burglary' }));
  expect(alarms(here.registrar)[0]?.content).toMatchObject({ alarmPriority: 1, alarmMethod: 5, info: { alarmType: '6' } });
});

test('drills, restores and late alarms are marked, and a wrong panel clock is told beside ours', async () => {
  await using here = await linked({ alarms: { restores: true } });
  expect(here.link.uplink.accepts.has('alarm.restored')).toBe(true);
  const drill = { ...alarm({ kind: 'alarm.restored' }), drill: true, historical: true, clockTrust: 'skewed' as const, occurredAt: instant(0) };
  await here.deliver(drill);
  const { alarmDescription = '' } = alarms(here.registrar)[0]!.content;
  expect(alarmDescription).toMatch(/^\[演练\]\[恢复\]\[补报\]/);
  expect(alarmDescription).toContain('[主机 1970-01-01 08:00:00.000]');
});

test('an alarm whose zone has no code goes out under the gateway’s: never dropped', async () => {
  await using here = await linked({ codes: { device } });
  await here.deliver(alarm());
  expect(alarms(here.registrar)[0]?.deviceId).toBe(device);
});

describe('what counts as delivered', () => {
  test('with ack=response the SIP 200 is not enough, and the Response is', async () => {
    await using here = await linked({ alarms: { ack: 'response' }, timeout: 3 });
    const event = alarm();
    await expect(here.deliver(event)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
    const again = here.deliver(event);
    await until(systemClock, () => alarms(here.registrar).length === 2);
    await here.registrar.tell({ root: 'Response', cmdType: 'Alarm', sn: 41, deviceId: device, content: { result: 'OK' } });
    expect(await again).toEqual({ proof: 'Response OK, SN 41' });
    expect(alarms(here.registrar).map(({ sn }) => sn)).toEqual([41, 41]);
    const id = event.id.slice(-4);
    expect(here.link.door.receipts).toContain(`${id} answered SIP 200 to MESSAGE`);
    expect(here.link.door.receipts).toContain(`${id} confirmed Response OK, SN 41`);
  });

  test('a Response that comes before the 200 counts too', async () => {
    await using here = await linked({ alarms: { ack: 'response' } });
    here.registrar.whim = (incoming, registrar) => {
      if (!isAlarm(registrar)) return undefined;
      void registrar
        .tell({ root: 'Response', cmdType: 'Alarm', sn: 41, deviceId: device, content: { result: 'OK' } })
        .then(() => incoming.answer(200));
      return 'ignore';
    };
    expect(await here.deliver(alarm())).toEqual({ proof: 'Response OK, SN 41' });
  });

  test('a Response that says ERROR is a refusal', async () => {
    await using here = await linked({ alarms: { ack: 'response' } });
    const sent = here.deliver(alarm());
    sent.catch(() => undefined);
    await until(systemClock, () => alarms(here.registrar).length === 1);
    await here.registrar.tell({ root: 'Response', cmdType: 'Alarm', sn: 41, deviceId: device, content: { result: 'ERROR' } });
    await expect(sent).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
  });

  test('a Response that says ERROR is no receipt, also where the SIP 200 had counted', async () => {
    await using here = await linked();
    const [refused, taken] = [alarm(), alarm()];
    for (const [event, sn, result] of [[refused, 41, 'ERROR'] as const, [taken, 42, 'OK'] as const]) {
      expect(await here.deliver(event, sn)).toEqual({ proof: 'SIP 200' });
      await here.registrar.tell({ root: 'Response', cmdType: 'Alarm', sn, deviceId: device, content: { result } });
    }
    expect(here.link.door.receipts.filter((receipt) => receipt.includes('confirmed'))).toEqual([
      `${taken.id.slice(-4)} confirmed Response OK, SN 42`,
    ]);
  });

  test('with ack=query the platform must list it', async () => {
    await using here = await linked({ alarms: { ack: 'query' } });
    const sent = here.deliver(alarm());
    const query = () => here.registrar.heard.flatMap(({ message }) => (message?.root === 'Query' && message.cmdType === 'Alarm' ? [message] : []))[0];
    await until(systemClock, () => query() !== undefined);
    const { sn, deviceId, content } = query()!;
    await here.registrar.tell({ root: 'Response', cmdType: 'Alarm', sn, deviceId, content: { alarmTime: content.startAlarmTime ?? 0 } });
    expect((await sent).proof).toMatch(/^alarm query/);
  });

  test('what a platform lists in answer to our query confirms no other alarm, whatever its number', async () => {
    await using here = await linked({ alarms: { ack: 'query' } });
    here.registrar.whim = (_incoming, registrar) => {
      const message = registrar.heard.at(-1)?.message;
      if (message?.root !== 'Query' || message.cmdType !== 'Alarm') return undefined;
      const { sn, deviceId, content } = message;
      void registrar.tell({ root: 'Response', cmdType: 'Alarm', sn, deviceId, content: { alarmTime: content.startAlarmTime ?? 0 } });
      return undefined;
    };
    // Numbers of a journal, and those that the link gives one after the other to what it begins itself, meet.
    for (const position of [8, 7, 6, 5, 4, 3, 2, 1]) expect((await here.deliver(alarm(), position)).proof).toMatch(/^alarm query/);
    expect(here.link.door.receipts.filter((receipt) => receipt.includes('confirmed'))).toEqual([]);
  });

  test.each([
    [400, 'DELIVERY_REFUSED'],
    [415, 'DELIVERY_REFUSED'],
    [486, 'DELIVERY_UNANSWERED'],
    [500, 'DELIVERY_UNANSWERED'],
    [403, 'DELIVERY_UNANSWERED'],
  ])('%i is %s', async (status, code) => {
    await using here = await linked();
    here.registrar.whim = (_incoming, registrar) => (isAlarm(registrar) ? status : undefined);
    await expect(here.deliver(alarm())).rejects.toMatchObject({ code });
  });
});

test('that it left is told when it has left, whether or not anybody answers', async () => {
  await using here = await linked({ timeout: 1 });
  here.registrar.whim = (_incoming, registrar) => (isAlarm(registrar) ? 'ignore' : undefined);
  const event = alarm();
  await expect(here.deliver(event)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  expect(here.link.door.receipts).toEqual([`${event.id.slice(-4)} sent MESSAGE, SN 41`]);
});

test('a platform that answers 404 to an alarm is registered with again at once', async () => {
  await using here = await linked();
  await until(systemClock, () => here.registrar.keepalives.length === 1);
  here.registrar.registered = false;
  await expect(here.deliver(alarm())).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  await until(systemClock, () => here.registrar.registered);
  expect(await here.deliver(alarm())).toEqual({ proof: 'SIP 200' });
});

test.each([
  ['does not answer', () => undefined],
  ['has forgotten it', (asked: Asked) => asked.answer(481)],
])('a platform whose subscription %s is told by MESSAGE, under the same SN', async (_what, taker) => {
  await using here = await linked({ timeout: 3 });
  await until(systemClock, () => here.registrar.keepalives.length === 1);
  const heard: string[] = [];
  const subscribed = await here.registrar.subscribe({ root: 'Query', cmdType: 'Alarm', sn: 9, deviceId: device, content: {} }, (asked) => {
    heard.push(asked.request.method);
    if (heard.length === 1) asked.answer(200);
    else taker(asked);
  });
  expect(subscribed.response.status).toBe(200);
  await until(systemClock, () => heard.length === 1);
  expect(await here.deliver(alarm())).toEqual({ proof: 'SIP 200' });
  expect(heard).toContain('NOTIFY');
  expect(alarms(here.registrar).map(({ sn }) => sn)).toEqual([41]);
  // It left by both; the journal says which of them was taken.
  const said = here.link.door.receipts.map((receipt) => receipt.slice(5));
  expect(said).toEqual(['sent NOTIFY, SN 41', 'sent MESSAGE, SN 41', 'answered SIP 200 to MESSAGE']);
  expect(here.link.uplink.link()?.state).toBe('up');
});

test('nothing is sent while nobody has registered us, and what waits goes as soon as somebody has', async () => {
  const clock = new ManualClock();
  await using registrar = await new GbRegistrar(clock).open();
  registrar.whim = () => 503;
  await using link = gbDevice(registrar, clock, { codes });
  const early = link.uplink.deliver(deliveryOf(alarm()), never);
  early.catch(() => undefined);
  await until(clock, () => registrar.of('REGISTER').length >= 3);
  expect(alarms(registrar)).toEqual([]);
  registrar.whim = () => undefined;
  const waiting = early.catch(() => link.uplink.deliver(deliveryOf(alarm()), never));
  await until(clock, () => alarms(registrar).length === 1);
  expect(await waiting).toEqual({ proof: 'SIP 200' });
});

test('100 panics at once are all taken within a second', async () => {
  await using here = await linked();
  await until(systemClock, () => here.registrar.keepalives.length === 1);
  const begun = performance.now();
  const proofs = await Promise.all(Array.from({ length: 100 }, (_, index) => here.deliver(alarm({ type: 'panic.silent' }), index + 1)));
  expect(proofs.every(({ proof }) => proof === 'SIP 200')).toBe(true);
  // Shown at full speed by the bench; here only that nothing waits for a timer.
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect(new Set(alarms(here.registrar).map(({ sn }) => sn)).size).toBe(100);
});

/** What the platform simulator takes from devices, orders of them, and how it misbehaves. */
import { describe, expect, test } from 'vitest';
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { misbehaviours } from '../../../simulators/platform/gb28181/misbehaviours/index.ts';
import { eventually } from '../../support/eventually.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { cameraId, cameraItem, deviceId, openGbDevice } from '../../support/simple-gb-device.ts';

const never = new AbortController().signal;
const alarmOf = (sn: number): ManscdpMessage => ({
  root: 'Notify',
  cmdType: 'Alarm',
  sn,
  deviceId: cameraId(1),
  content: { alarmPriority: 1, alarmMethod: 2, alarmTime: 1_767_225_600_000, alarmDescription: '一键报警' },
});

async function registered(
  welcome: { readonly queries?: boolean; readonly subscriptions?: readonly ('Catalog' | 'Alarm')[] } = { subscriptions: [] },
) {
  const platform = await localPlatform({ welcome });
  const device = await openGbDevice({ platform: platform.address, transport: 'TCP', items: [cameraItem(1), cameraItem(2)] });
  await device.register();
  return {
    platform,
    device,
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      await device[Symbol.asyncDispose]();
    },
  };
}

test('an alarm is in the ledger, answered by SIP and by a Response of its own; the same one again is a repeat', async () => {
  await using school = await registered();
  expect(await school.device.say(alarmOf(5))).toBe(200);
  expect(await school.device.say(alarmOf(5))).toBe(200);
  await eventually(() => expect(school.device.heard.filter((heard) => heard === 'Response/Alarm')).toHaveLength(2));
  expect(school.platform.alarms()).toMatchObject([
    { code: cameraId(1), sn: 5, by: 'MESSAGE', priority: 1, occurredAt: 1_767_225_600_000, description: '一键报警', answered: 200, repeat: false },
    { sn: 5, repeat: true },
  ]);
});

test.each([
  ['alarm-without-response', 200, 0],
  ['alarm-error', 200, 1],
  ['messages-refused', 503, 0],
])('a platform with %s answers an alarm %i and sends %i Responses', async (name, status, responses) => {
  await using school = await registered();
  await eventually(() => expect(school.platform.catalogue(deviceId)).toBeDefined());
  await school.platform.misbehave(name);
  expect(await school.device.say(alarmOf(5))).toBe(status);
  await school.device.say(alarmOf(6));
  await eventually(() => expect(school.device.heard.filter((heard) => heard === 'Response/Alarm')).toHaveLength(2 * responses));
  expect(school.platform.alarms().map(({ answered }) => answered)).toEqual([status, status]);
});

test('an alarm of a code that is not in the catalogue is complained about', async () => {
  await using school = await registered();
  await eventually(() => expect(school.platform.catalogue(deviceId)).toBeDefined());
  await school.device.say({ ...alarmOf(1), deviceId: cameraId(9) });
  expect(school.platform.complaints().map(({ rule }) => rule)).toEqual(['alarm-code']);
});

test('notices change the catalogue and bring alarms; one that is not as agreed is complained about', async () => {
  await using school = await registered({ subscriptions: ['Catalog', 'Alarm'] });
  await eventually(() => expect(school.platform.subscriptions().filter(({ notices }) => notices > 0)).toHaveLength(2));
  const item = (serial: number, event: string, more = '') => `<Item><DeviceID>${cameraId(serial)}</DeviceID><Event>${event}</Event>${more}</Item>`;
  const changes = [item(1, 'OFF'), item(2, 'DEL'), item(3, 'ADD', '<Name>新</Name><Status>ON</Status>')];
  expect(await school.device.notify('Catalog', `<SumNum>3</SumNum><DeviceList Num="3">${changes.join('')}</DeviceList>`)).toBe(200);
  const known = school.platform.catalogue(deviceId)?.items.map(({ deviceId: code, status }) => `${code} ${status}`);
  expect(known).toEqual([`${cameraId(1)} OFF`, `${cameraId(3)} ON`]);
  const alarm = '<AlarmPriority>2</AlarmPriority><AlarmMethod>5</AlarmMethod><AlarmTime>2026-01-01T08:00:00</AlarmTime>';
  await school.device.notify('Alarm', alarm);
  expect(school.platform.alarms()).toMatchObject([{ by: 'NOTIFY', priority: 2, method: 5 }]);
  expect(school.platform.complaints()).toEqual([]);
  await school.device.notify('Catalog', `<SumNum>1</SumNum><DeviceList Num="1">${item(9, 'OFF')}</DeviceList>`);
  expect(school.platform.complaints().map(({ rule }) => rule)).toEqual(['notice-code']);
});

test('orders go out as platforms write them; guard is waited for', async () => {
  await using school = await registered({ queries: false, subscriptions: [] });
  const { platform, device } = school;
  const right = { kind: 'move', pan: { toward: 1, speed: 31 }, tilt: { toward: 0, speed: 0 }, zoom: { toward: 0, speed: 0 } } as const;
  expect(await platform.order(deviceId, cameraId(1), { kind: 'ptz', command: right }, never)).toEqual({ status: 200 });
  expect(await platform.order(deviceId, deviceId, { kind: 'guard', on: true }, never)).toEqual({ status: 200, result: 'OK' });
  await platform.order(deviceId, cameraId(1), { kind: 'keyframe', spelling: '2016' }, never);
  expect(device.heard.filter((heard) => !heard.includes('/'))).toEqual(['PTZCmd A50F01011F0000D5', 'GuardCmd SetGuard', 'IFameCmd Send']);
});

test('an unsubscribed kind is active no more', async () => {
  await using school = await registered({ queries: false, subscriptions: ['Alarm'] });
  await eventually(() => expect(school.platform.subscriptions()).toMatchObject([{ kind: 'Alarm', active: true, notices: 1 }]));
  await school.platform.unsubscribe(deviceId, 'Alarm', never);
  expect(school.platform.subscriptions()).toMatchObject([{ active: false }]);
});

describe('misbehaviours', () => {
  test('are at least 25, each with a name of its own and a sentence in both languages', () => {
    const names = misbehaviours.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(25);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, says } of misbehaviours) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(says.zh).toMatch(/\p{Script=Han}.*。$/u);
      expect(says.en).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('nobody can ask for one that there is not', async () => {
    await using platform = await localPlatform();
    await expect(platform.misbehave('polite')).rejects.toThrow('There is no misbehaviour "polite"');
  });

  const bearable = misbehaviours.filter(
    ({ name, refusesMessages }) =>
      refusesMessages === undefined &&
      !['silent-registrar', 'refused', 'overloaded', 'redirect', 'keepalive-unanswered', 'restart', 'amnesia'].includes(name),
  );
  test.each(bearable.map(({ name }) => name))('a device that our protocols carry bears %s', { timeout: seconds(60) }, async (name) => {
    await using platform = await localPlatform({ welcome: { queries: false, subscriptions: [] }, seed: 9 });
    await using device = await openGbDevice({
      platform: platform.address,
      transport: /reset|lossy|lost-/.test(name) ? 'UDP' : 'TCP',
      items: [cameraItem(1)],
    });
    await device.register();
    await platform.misbehave(name);
    expect(await device.register()).toBe(200);
    expect((await platform.askCatalogue(deviceId, never)).items).toMatchObject([{ name: '校门口 1' }]);
    const complaints = platform.complaints().filter(({ rule }) => rule !== 'sum-num');
    expect(complaints).toEqual([]);
  });
});

/** How the platform simulator registers devices, greets them, and loses them again. */
import { expect, test } from 'vitest';
import { SipSeries } from '../../../adapters/protocols/sip/outbound.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { eventually } from '../../support/eventually.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { cameraItem, deviceId, openGbDevice } from '../../support/simple-gb-device.ts';

const rules = (platform: { complaints(): readonly { readonly rule: string; readonly sentence: string }[] }) =>
  platform.complaints().map(({ rule, sentence }) => `${rule}: ${sentence}`);

test.each(['UDP', 'TCP'] as const)('over %s a device is registered, asked as WVP asks, and subscribed to', async (transport) => {
  await using platform = await localPlatform();
  const items = [cameraItem(1), cameraItem(2), cameraItem(3)];
  await using device = await openGbDevice({ platform: platform.address, transport, items });
  expect(await device.register()).toBe(200);
  await eventually(() => expect(platform.subscriptions().filter(({ active, notices }) => active && notices > 0)).toHaveLength(3));
  expect(device.heard.slice(0, 3)).toEqual(['Query/DeviceInfo', 'Query/ConfigDownload', 'Query/Catalog']);
  expect(platform.catalogue(deviceId)?.items.map(({ name }) => name)).toEqual(['校门口 1', '校门口 2', '校门口 3']);
  expect(platform.devices()).toMatchObject([
    { id: deviceId, online: true, version: '3.0', heartbeat: { interval: 20, count: 3 }, info: { name: '校园网关' } },
  ]);
  expect(rules(platform)).toEqual([]);
});

test.each([
  ['no-challenge', 200],
  ['no-qop', 200],
  ['sha-256', 200],
  ['several-challenges', 200],
  ['odd-challenge', 200],
  ['stale-nonce', 200],
  ['refused', 403],
  ['overloaded', 503],
  ['redirect', 302],
])('a platform that is %s answers a right password with %i', async (name, status) => {
  await using platform = await localPlatform();
  await platform.misbehave(name);
  await using device = await openGbDevice({ platform: platform.address, transport: 'UDP' });
  expect(await device.register()).toBe(status);
  expect(platform.devices().map(({ online }) => online)).toEqual(status === 200 ? [true] : []);
});

test.each([
  ['', 403],
  ['asks-again', 401],
])('a wrong password is refused (%s)', async (name, status) => {
  await using platform = await localPlatform();
  if (name) await platform.misbehave(name);
  await using device = await openGbDevice({ platform: platform.address, transport: 'UDP' });
  expect(await device.register({ password: 'wrong' })).toBe(status);
  expect(platform.devices()).toEqual([]);
});

test('a code that nobody knows, and one that is not 20 digits, are refused', async () => {
  await using platform = await localPlatform({ passwords: { '34020000001180000009': 'x' } });
  await using device = await openGbDevice({ platform: platform.address, transport: 'UDP' });
  expect(await device.register()).toBe(403);
});

test('a device that leaves is offline; a refresh is none that comes anew', async () => {
  await using platform = await localPlatform();
  await using device = await openGbDevice({ platform: platform.address, transport: 'UDP' });
  const series = new SipSeries('127.0.0.1');
  await device.register({ series });
  await device.register({ series });
  expect(platform.devices()).toMatchObject([{ online: true, registrations: 1 }]);
  await device.register({ series: new SipSeries('127.0.0.1') });
  expect(platform.devices()).toMatchObject([{ online: true, registrations: 2 }]);
  await device.register({ series, expires: 0 });
  expect(platform.devices()).toMatchObject([{ online: false }]);
  expect(await device.say({ root: 'Notify', cmdType: 'Keepalive', sn: 1, deviceId, content: { status: 'OK', failed: [] } })).toBe(404);
});

test('a restarted platform knows nobody and answers keepalives with 404', async () => {
  await using platform = await localPlatform();
  await using device = await openGbDevice({ platform: platform.address, transport: 'UDP' });
  await device.register();
  const keepalive = { root: 'Notify', cmdType: 'Keepalive', sn: 7, deviceId, content: { status: 'OK', failed: [] } } as const;
  expect(await device.say(keepalive)).toBe(200);
  await platform.misbehave('restart');
  expect(platform.devices()).toEqual([]);
  expect(await device.say(keepalive)).toBe(404);
  expect(await device.register()).toBe(200);
});

test('a device with the wrong sum of its catalogue, a wrong code and a lost parent is complained about', async () => {
  await using platform = await localPlatform();
  const lost = { ...cameraItem(2), deviceId: '123', parentIds: ['34020000002160000001'], longitude: 0, latitude: 0 };
  await using device = await openGbDevice({ platform: platform.address, transport: 'TCP', items: [cameraItem(1), lost, cameraItem(1)] });
  await device.register();
  await eventually(() => expect(platform.catalogue(deviceId)).toBeDefined());
  expect(platform.complaints().map(({ rule }) => rule)).toEqual(['catalogue-code', 'catalogue-position', 'catalogue-parent', 'catalogue-twice']);
});

test.each([
  [1, 'sum-num'],
  [3, 'welcome'],
])('a catalogue of two with SumNum %i is not complete', async (sumNum, rule) => {
  await using platform = await localPlatform({ patience: millis(300) });
  await using device = await openGbDevice({ platform: platform.address, transport: 'TCP', items: [cameraItem(1), cameraItem(2)], sumNum });
  await device.register();
  await eventually(() => expect(platform.complaints().map((complaint) => complaint.rule)).toContain(rule));
  if (rule === 'welcome') expect(rules(platform).join()).toContain('2 of 3 items came');
});

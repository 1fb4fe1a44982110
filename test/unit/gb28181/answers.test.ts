/** What a platform asks of the whole uplink, over its own socket, and what it is answered. */
import { describe, expect, test } from 'vitest';
import { numberedPresets } from '../../../adapters/uplinks/gb28181/presets.ts';
import { dutyOf } from '../../../adapters/uplinks/gb28181/queries/duty.ts';
import { panelId, type ZoneId, zoneId } from '../../../gateway/domain/ids.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { type GbBox, gbBox } from '../../support/gb-box.ts';
import { gbDevice } from '../../support/gb-device.ts';
import { device } from '../../support/gb-peer.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { codes } from '../../support/gb-school.ts';
import { password } from '../../support/simple-gb-device.ts';
import { never } from '../../support/sip-endpoint.ts';

async function asked(more: Readonly<Record<string, unknown>> = {}, box: GbBox = gbBox(systemClock)) {
  const platform = await localPlatform({ welcome: { queries: false, subscriptions: [] } });
  const uplink = gbDevice(platform.address, systemClock, { codes, ...more }, password, box.door);
  await eventually(() => expect(platform.devices().some(({ online }) => online)).toBe(true));
  return {
    platform,
    box,
    ask: <C extends 'DeviceInfo' | 'DeviceStatus' | 'PresetQuery'>(cmdType: C, deviceId = device) =>
      platform.ask(device, { root: 'Query', cmdType, deviceId, content: {} }, never),
    async [Symbol.asyncDispose]() {
      await uplink[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

describe('a platform that asks', () => {
  test('what it is and how it is, hears it of the gateway, of each camera and zone, and ERROR of what is not there', async () => {
    await using school = await asked();
    const { ask, box } = school;
    expect((await ask('DeviceInfo')).content).toEqual({
      ...{ deviceName: '第一小学', result: 'OK', manufacturer: 'CampusGateway', model: 'gateway', firmware: '0.1.0', channel: 5 },
    });
    expect((await ask('DeviceInfo', codes.channels.gate)).content).toMatchObject({ deviceName: '校门口', model: 'SIM-IPC-1', firmware: '1.2.3' });
    expect((await ask('DeviceInfo', '34020000001320000099')).content).toMatchObject({ result: 'ERROR' });

    box.armed.main = 'away';
    box.raised.add('panel-1/button');
    expect((await ask('DeviceStatus')).content).toMatchObject({
      ...{ result: 'OK', online: 'ONLINE', status: 'OK', encode: 'ON', record: 'OFF' },
      alarmStatus: [
        { deviceId: codes.zones['panel-1/button'], dutyStatus: 'ALARM' },
        { deviceId: codes.zones['panel-1/fence'], dutyStatus: 'ONDUTY' },
      ],
    });
    box.fault('hall', 'camera-unreachable');
    expect((await ask('DeviceStatus', codes.channels.hall)).content).toMatchObject({
      ...{ online: 'OFFLINE', status: 'ERROR', reason: '摄像机断线。', encode: 'OFF' },
    });
    expect(school.platform.complaints()).toEqual([]);
  });

  test('how often it says that it lives, is told what it really does; of what it has not, ERROR, one answer for each type', async () => {
    await using school = await asked({ keepalive: { every: 20, misses: 3 } });
    const content = { configTypes: ['BasicParam'] };
    const { content: basic } = await school.platform.ask(device, { root: 'Query', cmdType: 'ConfigDownload', deviceId: device, content }, never);
    expect(basic).toEqual({
      result: 'OK',
      configs: [{ name: 'BasicParam', value: { name: '第一小学', expiration: 86_400, heartBeatInterval: 20, heartBeatCount: 3 } }],
    });
    const other = { root: 'Query', cmdType: 'ConfigDownload', deviceId: device, content: { configTypes: ['SVACEncodeConfig'] } } as const;
    expect((await school.platform.ask(device, other, never)).content).toEqual({ result: 'ERROR', configs: [] });
  });

  test('for recordings, hears at once that there are none', async () => {
    await using school = await asked();
    const content = { startTime: 0, endTime: 1_000, type: 'all' };
    const deviceId = codes.channels.gate!;
    const answer = await school.platform.ask(device, { root: 'Query', cmdType: 'RecordInfo', deviceId, content }, never);
    expect(answer).toMatchObject({ deviceId, content: { name: '校门口', sumNum: 0, items: [] } });
  });

  test('for presets, hears their numbers; none of a camera that cannot be turned', async () => {
    await using school = await asked();
    school.box.obey = () => ({
      ok: true,
      presets: [
        { token: 'p_9', name: '大门' },
        { token: 'x', name: 'Preset 2' },
        { token: 'y', name: '' },
      ],
    });
    expect((await school.ask('PresetQuery', codes.channels.gate)).content).toEqual({
      presets: [
        { presetId: '1', presetName: 'Preset 1' },
        { presetId: '2', presetName: 'Preset 2' },
        { presetId: '9', presetName: '大门' },
      ],
    });
    school.box.obey = () => Promise.reject(new Error('no PTZ'));
    expect((await school.ask('PresetQuery', codes.channels.gate)).content).toEqual({ presets: [] });
  });

  test('for alarms of the past, is answered from the journal, as it was told of them', async () => {
    await using school = await asked();
    const { journal } = school.box;
    const zone = { panel: panelId('panel-1'), zone: zoneId('button'), zoneName: '门卫室一键报警' };
    await journal.press(zone);
    const query = (deviceId: string, content = {}) =>
      school.platform.ask(device, { root: 'Query', cmdType: 'Alarm', deviceId, content } as const, never);
    const { deviceId, content } = await query(device);
    expect([deviceId, content]).toMatchObject([codes.zones['panel-1/button'], { alarmPriority: 1, alarmMethod: 2 }]);
    expect(content.alarmDescription).toContain('门卫室一键报警');
    expect((await query(codes.zones['panel-1/fence']!)).content).toEqual({ result: 'OK' });
    expect((await query(device, { startAlarmPriority: 3, endAlarmPriority: 4 })).content).toEqual({ result: 'OK' });
  });
});

test('presets keep their numbers: by the name that we gave, else by their token, else the first that is free', () => {
  const named = (...all: readonly (readonly [string, string])[]) =>
    [...numberedPresets(all.map(([token, name]) => ({ token, name })))].map(([number, { token }]) => `${number} ${token}`);
  expect(named(['a', 'Gate'], ['7', 'x'], ['b', '预置位 3'], ['c', 'preset 7'])).toEqual(['1 a', '2 7', '3 b', '7 c']);
  expect(named(['p_300', ''], ['0', ''])).toEqual(['1 p_300', '2 0']);
});

describe('duty', () => {
  const zone = (type?: string) => ({ id: 'z' as ZoneId, name: '', channels: [], ...(type ? { type } : {}) });
  const panel = (armed: Record<string, string>, bypassed = false) => ({
    armed,
    troubles: bypassed ? [{ code: 'zone-bypassed' as const, zone: 'z', since: systemClock.now() }] : [],
  });
  test.each([
    ['ALARM', zone(), panel({}), true],
    ['ONDUTY', zone('panic.silent'), panel({ main: 'disarmed' }), false],
    ['OFFDUTY', zone('panic.silent'), panel({ main: 'away' }, true), false],
    ['ONDUTY', zone('burglary'), panel({ main: 'away', attic: 'night' }), false],
    ['OFFDUTY', zone('burglary'), panel({ main: 'away', attic: 'disarmed' }), false],
    ['OFFDUTY', zone(), panel({}), false],
  ] as const)('is %s, never claimed where it is not sure', (duty, of, status, raised) => {
    expect(dutyOf(of, status, raised)).toBe(duty);
  });
});

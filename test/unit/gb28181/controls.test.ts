/** What a platform orders, over the uplink's own socket. */
import { describe, expect, test } from 'vitest';
import { type PtzCommand, readPtz } from '../../../adapters/protocols/manscdp/ptz.ts';
import { steeringOf } from '../../../adapters/uplinks/gb28181/control/steering.ts';
import { panelId, zoneId } from '../../../gateway/domain/ids.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { gbDevice } from '../../support/gb-device.ts';
import { device } from '../../support/gb-peer.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { codes, gbSchool } from '../../support/gb-school.ts';
import { password } from '../../support/simple-gb-device.ts';
import { never } from '../../support/sip-endpoint.ts';

test.each([
  ['A50F0100000000B5', { kind: 'stop', command: { op: 'ptz-stop' } }],
  ['A50F0109201000EE', { kind: 'movement', command: { op: 'ptz-move', pan: 0.125, tilt: 0.1, zoom: 0 }, repeat: true }],
  ['A50F010A201000EF', { command: { pan: -0.125, tilt: 0.1 } }],
  ['A50F0101FF0000B5', { command: { pan: 1, tilt: 0 } }],
  ['A50F01100000F0B5', { command: { pan: 0, tilt: 0, zoom: 1 } }],
  ['A50F0120000010E5', { command: { zoom: -0.1 } }],
  ['A50F014120000016', { kind: 'movement', command: { op: 'focus-move', speed: 0.125 }, stop: { op: 'focus-stop' }, repeat: false }],
  ['A50F014220000017', { command: { op: 'focus-move', speed: -0.125 } }],
  ['A50F0140000000F5', { kind: 'stop', command: { op: 'focus-stop' } }],
  ['A50F014400200019', { kind: 'once', command: { op: 'iris', by: 0.125 } }],
  ['A50F014A2030004F', { kind: 'movement', command: { op: 'focus-move', speed: -0.125 }, beside: { op: 'iris', by: -0.188 } }],
  ['A50F018200010038', { kind: 'preset', action: 'call', preset: 1 }],
  ['A50F01880100003E', { kind: 'cruise', command: { kind: 'cruise-start', group: 1 } }],
  ['A50F018C01000042', { kind: 'once', command: { op: 'wiper', on: true } }],
  ['A50F01890100003F', { kind: 'unsupported' }],
])('%s steers as Annex A.3 says', (hex, steering) => {
  expect(steeringOf(readPtz(hex).command)).toMatchObject(steering);
});

async function ordered(more: Readonly<Record<string, unknown>> = {}) {
  const box = gbBox(systemClock);
  const registered: string[] = [];
  const platform = await localPlatform({ welcome: { queries: false, subscriptions: [] }, registered: (one) => registered.push(one) });
  const uplink = gbDevice(platform.address, systemClock, { codes, ...more }, password, box.door);
  await eventually(() => expect(platform.devices().some(({ online }) => online)).toBe(true));
  return {
    ...{ platform, box, registered },
    order: (code: string | undefined, order: Parameters<typeof platform.order>[2]) => platform.order(device, code ?? device, order, never),
    async [Symbol.asyncDispose]() {
      await uplink[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

describe('a platform that orders', () => {
  test('turns a camera, and asks for a keyframe in either spelling, once a second at most', async () => {
    await using school = await ordered();
    const { order, box } = school;
    const move = { kind: 'move', pan: { toward: 1, speed: 255 }, tilt: { toward: 0, speed: 0 }, zoom: { toward: 0, speed: 0 } } as const;
    expect(await order(codes.channels.gate, { kind: 'ptz', command: move })).toEqual({ status: 200 });
    expect(await order(codes.channels.gate, { kind: 'ptz', command: { kind: 'stop' } })).toEqual({ status: 200 });
    for (const spelling of ['2016', '2022', '2016'] as const) await order(codes.channels.hall, { kind: 'keyframe', spelling });
    await eventually(() =>
      expect(box.orders.map(({ of, command }) => `${of} ${command.op}`)).toEqual(['gate ptz-move', 'gate ptz-stop', 'hall keyframe']),
    );
    expect(await order(codes.channels.gate, { kind: 'home', enabled: true, preset: 3 })).toEqual({ status: 200, result: 'OK' });
    expect(await order(codes.zones['panel-1/fence'], { kind: 'home', enabled: true, preset: 3 })).toEqual({ status: 200, result: 'ERROR' });
  });

  test('arms and disarms, takes a fence in and out of service, and never a panic button', async () => {
    await using school = await ordered();
    const { order, box } = school;
    const [button, fence] = Object.values(codes.zones);
    expect(await order(undefined, { kind: 'guard', on: true })).toEqual({ status: 200, result: 'OK' });
    expect(await order(fence, { kind: 'guard', on: false })).toEqual({ status: 200, result: 'OK' });
    expect(await order(fence, { kind: 'reset-alarm' })).toEqual({ status: 200, result: 'OK' });
    expect(box.orders).toMatchObject([
      { of: 'panel-1', command: { op: 'arm' } },
      { of: 'panel-1', command: { op: 'bypass', zone: 'fence' } },
      { of: 'panel-1', command: { op: 'reset' } },
    ]);
    for (const on of [true, false]) expect(await order(button, { kind: 'guard', on })).toEqual({ status: 200, result: 'ERROR' });
    expect(await order(codes.channels.gate, { kind: 'guard', on: true })).toEqual({ status: 200, result: 'ERROR' });
    expect(box.orders).toHaveLength(3);
    expect(box.door.notices.map(({ what, fields }) => `${what}: ${fields.why}`)).toEqual([
      'guard refused: panic and fire are always on guard',
      'guard refused: panic and fire are always on guard',
      'guard refused: a camera is not armed',
    ]);
    const school2 = gbSchool();
    box.become({ ...school2, panels: school2.panels.map((each) => ({ ...each, zones: each.zones.map(({ type: _unsaid, ...zone }) => zone) })) });
    expect(await order(fence, { kind: 'guard', on: false })).toEqual({ status: 200, result: 'ERROR' });
    box.obey = () => ({ ok: false, sentence: 'Panel panel-1 is not connected.' });
    expect(await order(undefined, { kind: 'guard', on: false })).toEqual({ status: 200, result: 'ERROR' });
  });

  test('arms, disarms and resets no panel of which it sees no zone', async () => {
    const { panels, ...rest } = gbSchool();
    const second = { ...panels[0]!, id: panelId('panel-2'), zones: [{ id: zoneId('store'), name: '库房', type: 'burglary', channels: [] }] };
    const inventory = { ...rest, panels: [...panels, second] };
    const orders = [{ kind: 'guard', on: true }, { kind: 'guard', on: false }, { kind: 'reset-alarm' }] as const;
    const obeyed = async (share: unknown) => {
      await using school = await ordered({ share });
      school.box.become(inventory);
      const results = [];
      for (const each of orders) results.push((await school.order(undefined, each)).result);
      return { results, panels: new Set(school.box.orders.map(({ of }) => of)), told: school.box.door.notices.length };
    };
    expect(await obeyed(['hall'])).toEqual({ results: ['ERROR', 'ERROR', 'ERROR'], panels: new Set(), told: 3 });
    expect(await obeyed(['hall', 'panel-2/store'])).toEqual({ results: ['OK', 'OK', 'OK'], panels: new Set(['panel-2']), told: 0 });
    // A shared camera looks at one of its zones.
    expect(await obeyed(['gate'])).toEqual({ results: ['OK', 'OK', 'OK'], panels: new Set(['panel-1']), told: 0 });
    expect((await obeyed('all')).panels).toEqual(new Set(['panel-1', 'panel-2']));
  });

  test('does not restart, configure or upgrade the box unless it may, and each try is told', async () => {
    await using school = await ordered({ may: { move: false, guard: false } });
    const { order, box, platform } = school;
    expect(await order(undefined, { kind: 'reboot' })).toEqual({ status: 200 });
    expect(await order(undefined, { kind: 'guard', on: true })).toEqual({ status: 200, result: 'ERROR' });
    expect(await order(codes.channels.gate, { kind: 'ptz', command: { kind: 'stop' } })).toEqual({ status: 200 });
    const config = {
      root: 'Control',
      cmdType: 'DeviceConfig',
      deviceId: device,
      content: { configs: [{ name: 'BasicParam', value: { heartBeatInterval: 1 } }] },
    } as const;
    expect((await platform.ask(device, config, never)).content).toEqual({ result: 'ERROR' });
    const upgrade = {
      root: 'Control',
      cmdType: 'DeviceControl',
      deviceId: device,
      content: { commands: [{ name: 'DeviceUpgrade', value: { fileUrl: 'http://x/' } }] },
    } as const;
    expect((await platform.ask(device, upgrade, never)).content).toEqual({ result: 'ERROR' });
    expect(await order(codes.channels.gate, { kind: 'record', on: true })).toEqual({ status: 200, result: 'ERROR' });
    await eventually(() =>
      expect(box.door.notices.map(({ what, fields }) => `${what}: ${fields.order}`)).toEqual([
        ...['order not allowed: TeleBoot', 'order not allowed: SetGuard', 'order not allowed: PTZCmd'],
        ...['order not allowed: DeviceConfig', 'order not allowed: DeviceUpgrade'],
      ]),
    );
    expect(box.orders).toEqual([]);
  });

  test('is refused visibly what no camera here can', async () => {
    await using school = await ordered();
    const { order, box } = school;
    const commands: readonly PtzCommand[] = [
      { kind: 'auxiliary', on: true, number: 2 },
      { kind: 'scan', action: 'start', group: 1 },
      { kind: 'auxiliary', on: true, number: 2 },
    ];
    for (const command of commands) expect(await order(codes.channels.gate, { kind: 'ptz', command })).toEqual({ status: 200 });
    await eventually(() =>
      expect(box.door.notices.map(({ what, fields }) => `${what}: ${fields.order} ${fields.code}`)).toEqual(
        ['auxiliary switch 2', 'scan between two edges', 'auxiliary switch 2'].map((what) => `order not offered: ${what} ${codes.channels.gate}`),
      ),
    );
    expect(box.orders).toEqual([]);
  });

  test('restarts its link where it may: it signs off, to begin anew', async () => {
    await using school = await ordered({ may: { reboot: true } });
    expect(await school.order(undefined, { kind: 'reboot' })).toEqual({ status: 200 });
    await eventually(() => expect(school.platform.devices().some(({ online }) => online)).toBe(false));
    expect(school.box.door.notices.map(({ what, fields }) => `${what}: ${fields.order}`)).toEqual(['only the link restarts: TeleBoot']);
  });
});

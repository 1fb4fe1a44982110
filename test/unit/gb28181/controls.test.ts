/** What a platform orders: steering with its watchdog on a clock that we move, and the rest over the uplink's own socket. */
import { describe, expect, test } from 'vitest';
import { type PtzCommand, readPtz } from '../../../adapters/protocols/manscdp/ptz.ts';
import { Pilot } from '../../../adapters/uplinks/gb28181/control/pilot.ts';
import { steeringOf } from '../../../adapters/uplinks/gb28181/control/steering.ts';
import type { CameraCommand, CommandResult } from '../../../gateway/domain/command.ts';
import { channelId, panelId, zoneId } from '../../../gateway/domain/ids.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import { ManualClock, systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { gbBox } from '../../support/gb-box.ts';
import { gbDevice } from '../../support/gb-device.ts';
import { device } from '../../support/gb-peer.ts';
import { localPlatform } from '../../support/gb-platform.ts';
import { codes, gbSchool } from '../../support/gb-school.ts';
import { password } from '../../support/simple-gb-device.ts';
import { never } from '../../support/sip-endpoint.ts';

const gate = channelId('gate');

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

describe('the pilot', () => {
  const axis = (toward: -1 | 0 | 1, speed = 128) => ({ toward, speed });
  const right: PtzCommand = { kind: 'move', pan: axis(1), tilt: axis(0), zoom: axis(0) };

  function pilot(perform: (command: CameraCommand) => CommandResult | Promise<CommandResult> = () => ({ ok: true })) {
    const clock = new ManualClock();
    const done: string[] = [];
    const ending = new AbortController();
    const unsupported = (_channel: unknown, what: string) => done.push(`cannot ${what}`);
    const carryOut = async (_channel: unknown, command: CameraCommand) => {
      done.push('preset' in command ? `${command.op} ${command.preset}` : 'name' in command ? `${command.op} ${command.name}` : command.op);
      return perform(command);
    };
    return { clock, done, ending, pilot: new Pilot({ perform: carryOut, clock, log: silentLogger, signal: ending.signal, unsupported }) };
  }

  test('keeps a camera moving until the stop comes', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, right);
    await clock.advance(seconds(7));
    expect(done).toEqual(['ptz-move', 'ptz-move', 'ptz-move']);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(60));
    expect(done).toEqual(['ptz-move', 'ptz-move', 'ptz-move', 'ptz-stop']);
    expect(clock.sleepers).toBe(0);
  });

  test('stops one whose stop was lost', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, right);
    helm.steer(channelId('hall'), { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(19));
    expect(done).not.toContain('ptz-stop');
    await clock.advance(seconds(2));
    expect(done.filter((op) => op.endsWith('stop')).sort()).toEqual(['focus-stop', 'ptz-stop']);
    await clock.advance(seconds(60));
    expect(done.at(-1)).toMatch(/stop$/);
  });

  test('lets the last movement of a flood count, and drops no stop', async () => {
    let release: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { pilot: helm, clock, done } = pilot(() => slow.then(() => ({ ok: true })));
    for (let turn = 0; turn < 1_000; turn += 1) helm.steer(gate, right);
    helm.steer(gate, { kind: 'lens', focus: axis(-1), iris: axis(0) });
    helm.steer(gate, { kind: 'stop' });
    for (let turn = 0; turn < 100; turn += 1) helm.steer(gate, { kind: 'preset', action: 'call', preset: 9 });
    release?.();
    await clock.advance(seconds(1));
    // Both stops: the platform knows one for everything.
    expect(done.slice(0, 3)).toEqual(['ptz-move', 'ptz-stop', 'focus-stop']);
    expect(done.length).toBeLessThan(20);
  });

  test('watches over focus and turning apart: one that begins leaves the other its stop', async () => {
    const { pilot: helm, clock, done } = pilot();
    helm.steer(gate, { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(1));
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'auxiliary', on: true, number: 1 });
    await clock.advance(seconds(10));
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(1));
    expect(done.slice(-2).sort()).toEqual(['focus-stop', 'ptz-stop']);
    helm.steer(gate, { kind: 'lens', focus: axis(1), iris: axis(0) });
    await clock.advance(seconds(1));
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'preset', action: 'call', preset: 1 });
    await clock.advance(seconds(21));
    expect(done.filter((op) => op === 'focus-stop')).toHaveLength(2);
    expect(clock.sleepers).toBe(0);
  });

  test('tries a stop again that did not reach the camera, unless something newer was said', async () => {
    let broken = 2;
    const {
      pilot: helm,
      clock,
      done,
    } = pilot((command) => {
      if (command.op === 'ptz-stop' && broken-- > 0) throw new Error('no answer');
      return { ok: true };
    });
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(5));
    expect(done).toEqual(['ptz-move', 'ptz-stop', 'ptz-stop', 'ptz-stop']);
    broken = 9;
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(0.5));
    helm.steer(gate, right);
    await clock.advance(seconds(2));
    expect(done.slice(4)).toEqual(['ptz-stop', 'ptz-stop', 'ptz-move']);
  });

  test('gives a camera ten movements a second, and stops between them at once', async () => {
    const { pilot: helm, clock, done } = pilot();
    for (let turn = 0; turn < 100; turn += 1) {
      helm.steer(gate, right);
      await clock.advance(millis(10));
    }
    expect(done.length).toBeLessThanOrEqual(11);
    helm.steer(gate, right);
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(millis(1));
    expect(done.at(-1)).toBe('ptz-stop');
  });

  test('finds presets by their number, and gives new ones a name that says it', async () => {
    const { pilot: helm, clock, done } = pilot(() => ({ ok: true, presets: [{ token: 'tok', name: 'Preset 3' }] }));
    for (const action of ['call', 'delete', 'set'] as const) helm.steer(gate, { kind: 'preset', action, preset: 3 });
    helm.steer(gate, { kind: 'preset', action: 'set', preset: 5 });
    helm.steer(gate, { kind: 'preset', action: 'call', preset: 8 });
    await clock.advance(seconds(1));
    expect(done.filter((what) => what !== 'presets')).toEqual(['preset-go tok', 'preset-remove tok', 'preset-save tok', 'preset-save Preset 5']);
  });

  test('goes on a cruise until it is stopped, and home when nobody has steered for a while', async () => {
    const {
      pilot: helm,
      clock,
      done,
      ending,
    } = pilot(() => ({ ok: true, presets: [1, 2, 3].map((one) => ({ token: `t${one}`, name: `Preset ${one}` })) }));
    helm.steer(gate, { kind: 'cruise-add', group: 1, preset: 1 });
    helm.steer(gate, { kind: 'cruise-add', group: 1, preset: 2 });
    helm.steer(gate, { kind: 'cruise-dwell', group: 1, value: 10 });
    helm.steer(gate, { kind: 'cruise-start', group: 1 });
    await clock.advance(seconds(25));
    const went = () => done.filter((what) => what.startsWith('preset-go'));
    expect(went()).toEqual(['preset-go t1', 'preset-go t2', 'preset-go t1']);
    helm.guard(gate, { preset: 3, after: seconds(30) });
    helm.steer(gate, { kind: 'stop' });
    await clock.advance(seconds(29));
    expect(went()).toHaveLength(3);
    await clock.advance(seconds(2));
    expect(went().at(-1)).toBe('preset-go t3');
    helm.steer(gate, right);
    ending.abort();
    await clock.advance(seconds(60));
    expect(clock.sleepers).toBe(0);
  });
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
    const orders = [
      { kind: 'guard', on: true },
      { kind: 'guard', on: false },
      { kind: 'reset-alarm' },
    ] as const;
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

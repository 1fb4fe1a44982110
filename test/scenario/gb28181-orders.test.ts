/** What a platform orders, all the way to the devices: the real uplink, fleets and ONVIF, a simulated camera that turns, simulated panels that arm. */
import { expect, test } from 'vitest';
import { cameraAdapters } from '../../adapters/index.ts';
import type { PtzCommand } from '../../adapters/protocols/manscdp/ptz.ts';
import { platformDoor } from '../../gateway/assemble-door.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { campusId, channelId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { openCameraFleet } from '../../gateway/fleet/cameras.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { Mailbox } from '../../gateway/runtime/mailbox.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { runPanelSimulator } from '../../simulators/panel/simulator.ts';
import type { GbOrder } from '../../simulators/platform/gb28181/control.ts';
import { until } from '../contract/media-plane.ts';
import { brokerRig } from '../support/broker-rig.ts';
import { emptyBox, gbDevice } from '../support/gb-device.ts';
import { hasty } from '../support/gb-live.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device, password } from '../support/gb-registrar.ts';
import { type LogLine, logInto, panelOf, password as panelPassword } from '../support/panels.ts';
import { cameraShop, entered } from '../support/simulated-camera.ts';
import { never } from '../support/sip-endpoint.ts';

const patience = 120_000;
const still = { toward: 0, speed: 0 } as const;
const codes = {
  ...{ device, channels: { gate: '34020000001320000001' } },
  zones: { 'guard/1': '34020000001340000001', 'guard/7': '34020000001340000002', 'guard/9': '34020000001340000003' },
};
const [fence, button, smoke] = Object.values(codes.zones);
const zone = (id: string, type: string) => ({ id: zoneId(id), name: id, channels: [], type });
/** The platform sees the first of them. */
const panels = [
  panelOf('guard', { zones: [zone('1', 'burglary.perimeter'), zone('7', 'panic.silent'), zone('9', 'fire.smoke')] }),
  panelOf('store', { zones: [zone('1', 'burglary')] }),
];

/** The uplink's own waits pass in a twentieth of their time: its watchdog stops a camera after a second. */
async function linked(cameras: Inventory['cameras'] = []) {
  await using opening = new Scope();
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const rig = opening.own(await brokerRig({ panels }));
  const inventory: Inventory = {
    ...{ ...rig.inventory.current(), campus: { id: campusId('north'), name: '北校区', timeZone: 'Asia/Shanghai', address: '' }, cameras },
    channels: cameras.map(({ id, name }, index) => ({ id: channelId(id), name, camera: id, number: index + 1 })),
  };
  const reader = { current: () => inventory, changes: (signal: AbortSignal) => new Mailbox<Inventory>().take(signal) };
  const adapters = new Map(cameraAdapters.map((adapter) => [adapter.kind, adapter]));
  const fleet = openCameraFleet({ inventory: reader, adapters, streams: async () => [], clock, log });
  const leaving = new AbortController();
  const life = fleet.run(leaving.signal);
  opening.defer(() => {
    leaving.abort();
    return life;
  });
  const platform = opening.own(await localPlatform({ welcome: { queries: false, subscriptions: [] } }));
  const door = platformDoor({ ...emptyBox(clock), inventory: reader, cameras: fleet, panels: rig.fleet, clock, log });
  opening.own(gbDevice(platform.address, hasty, { codes, share: ['gate', 'guard/1', 'guard/7', 'guard/9'] }, password, door));
  await until(() => platform.devices().some(({ online }) => online), patience);
  await until(() => cameras.every(({ id }) => fleet.status(id)?.connection === 'connected'), patience);
  const scope = opening.release();
  const ops = (from = 0) => lines.slice(from).flatMap(({ message, fields }) => (message === 'platform command' ? [fields.op] : []));
  return {
    ...{ rig, lines },
    order: (code: string, order: GbOrder) => platform.order(device, code, order, never),
    /** Once the device has been told so, and has taken it; looks at what came behind the `from`th line. */
    done: (op: string, from = 0) => until(() => ops(from).includes(op), patience),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

test('a camera turns as it is told, stops, is stopped where the stop is lost, goes to its presets and home', { timeout: patience }, async () => {
  await using shop = await cameraShop();
  await using camera = await shop.open();
  await using school = await linked([entered(camera.onvifAddress)]);
  const steer = async (command: PtzCommand) => {
    expect(await school.order(codes.channels.gate, { kind: 'ptz', command })).toEqual({ status: 200 });
  };
  // From end to end in half a minute.
  const turn = (toward: 1 | -1): PtzCommand => ({ kind: 'move', pan: { toward, speed: 32 }, tilt: still, zoom: still });
  const pointing = () => camera.optics().pan;
  // The camera has taken the order to stop: from here on it does not move, and it has not come to its end.
  const stands = async () => {
    const at = pointing();
    await clock.sleep(millis(300));
    expect(pointing()).toBe(at);
    expect(Math.abs(at)).toBeLessThan(1);
    return at;
  };

  await steer(turn(1));
  await until(() => pointing() > 0.01, patience);
  await steer({ kind: 'stop' });
  await school.done('ptz-stop');
  const right = await stands();
  await steer({ kind: 'preset', action: 'set', preset: 3 });
  await school.done('preset-save');

  // Nothing more is said: the stop is lost.
  const lost = school.lines.length;
  await steer(turn(-1));
  await until(() => pointing() < right, patience);
  await school.done('ptz-stop', lost);
  expect(await stands()).toBeLessThan(right);

  await steer({ kind: 'preset', action: 'call', preset: 3 });
  await until(() => Math.abs(pointing() - right) < 1e-6, patience);
  expect(await school.order(codes.channels.gate, { kind: 'home', enabled: true, preset: 1, after: 5 })).toEqual({ status: 200, result: 'OK' });
  await until(() => Math.abs(pointing()) < 1e-6, patience);
});

test('a panel is armed and disarmed, and a zone taken out of service and back; panic, fire and a panel that is not shared never', {
  timeout: patience,
}, async () => {
  await using school = await linked();
  const { rig, order } = school;
  await using opened = new Scope();
  const broker = `mqtt://127.0.0.1:${rig.addresses.plain!.port}`;
  const zones = ['1', '7', '9'].map((id) => ({ id }));
  for (const panel of ['guard', 'store']) {
    const played = { broker, campus: 'north', panel, password: `${panel}:${panelPassword}`, zones, heartbeatEvery: seconds(1) };
    const simulator = opened.own(runPanelSimulator({ ...played, clock, log: logInto([]) }));
    await simulator.settled(AbortSignal.timeout(patience));
  }
  const told = (panel: string) => {
    const { armed, troubles } = rig.fleet.status(panelId(panel));
    return { armed: armed['1'], bypassed: troubles.flatMap(({ code, zone: where }) => (code === 'zone-bypassed' ? [where] : [])) };
  };
  const becomes = (armed: string, ...bypassed: readonly string[]) =>
    until(() => JSON.stringify(told('guard')) === JSON.stringify({ armed, bypassed }), patience);
  await becomes('disarmed');

  const done = { status: 200, result: 'OK' };
  expect(await order(device, { kind: 'guard', on: true })).toEqual(done);
  await becomes('away');
  expect(await order(fence!, { kind: 'guard', on: false })).toEqual(done);
  await becomes('away', '1');
  const orders = [...rig.audit];
  for (const code of [button!, smoke!]) {
    for (const on of [true, false]) expect(await order(code, { kind: 'guard', on })).toEqual({ status: 200, result: 'ERROR' });
  }
  expect(rig.audit).toEqual(orders);
  expect(school.lines.find(({ message }) => message === 'security notice')?.fields.why).toBe('panic and fire are always on guard');
  expect(await order(fence!, { kind: 'guard', on: true })).toEqual(done);
  await becomes('away');
  expect(await order(device, { kind: 'guard', on: false })).toEqual(done);
  await becomes('disarmed');

  // One panel was told, and it said itself that it obeyed.
  expect(rig.audit).toEqual(['arm', 'bypass', 'unbypass', 'disarm'].flatMap((op) => [`${op} by police: ordered by the platform`, `${op} accepted`]));
  expect(told('store')).toEqual({ armed: 'disarmed', bypassed: [] });
});

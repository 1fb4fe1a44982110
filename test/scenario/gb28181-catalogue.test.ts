/** The real uplink at the platform simulator: its catalogue arrives whole, and stays true. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusOf } from '../../adapters/uplinks/gb28181/catalogue/standing.ts';
import { assemble } from '../../gateway/assemble.ts';
import { cameraId, channelId, panelId, uplinkId, zoneId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { openInventory } from '../../gateway/inventory/store.ts';
import { ManualClock, systemClock } from '../../gateway/runtime/clock.ts';
import { parseConfig } from '../../gateway/runtime/config.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventually } from '../support/eventually.ts';
import { gbBox } from '../support/gb-box.ts';
import { deliveryOf, gbDevice, until } from '../support/gb-device.ts';
import { device } from '../support/gb-peer.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { server } from '../support/gb-registrar.ts';
import { codes, gbSchool } from '../support/gb-school.ts';
import { password } from '../support/simple-gb-device.ts';
import { never } from '../support/sip-endpoint.ts';
import { freshFolder } from '../support/spine.ts';

/** `count` cameras with codes, besides the panel. */
function manyCameras(count: number) {
  const school = gbSchool();
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const cameras = numbers.map((number) => ({ ...school.cameras[0]!, id: cameraId(`cam-${number}`) }));
  const channels = numbers.map((number) => ({
    id: channelId(`cam-${number}`),
    name: `教学楼 ${number} 号摄像机`,
    camera: cameraId(`cam-${number}`),
    number,
  }));
  const coded = Object.fromEntries(numbers.map((number) => [`cam-${number}`, `3402000000132${String(number).padStart(7, '0')}`]));
  return { inventory: { ...school, cameras, channels }, codes: { ...codes, channels: coded } };
}

async function linked(clock: Clock, settings: Readonly<Record<string, unknown>> = {}, inventory = gbSchool()) {
  const box = gbBox(clock, inventory);
  const platform = await localPlatform({ clock });
  const uplink = gbDevice(platform.address, clock, { codes, ...settings }, password, box.door);
  return {
    ...{ box, platform, uplink: uplink.uplink },
    items: () => platform.catalogue(device)?.items ?? [],
    /** By code: what the platform shows. */
    shown: () => Object.fromEntries((platform.catalogue(device)?.items ?? []).map(({ deviceId, name, status }) => [deviceId, `${name} ${status}`])),
    subscribed: () => platform.subscriptions().filter(({ active }) => active).length === 3,
    async [Symbol.asyncDispose]() {
      await uplink[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  test('a catalogue of 200 cameras arrives whole, and nothing in it is complained about', async () => {
    const many = manyCameras(200);
    await using school = await linked(systemClock, { transport, codes: many.codes }, many.inventory);
    await eventually(() => expect(school.subscribed()).toBe(true), seconds(60));
    expect(school.items()).toHaveLength(202);
    expect(new Set(school.items().map(({ deviceId }) => deviceId)).size).toBe(202);
    await eventually(() => expect(school.platform.catalogue(device)?.notices).toBeGreaterThan(transport === 'udp' ? 202 : 25), seconds(60));
    expect(school.platform.complaints()).toEqual([]);
  });

  test('a camera that dies is OFF at the platform within 20 s, and ON again when it is back', async () => {
    await using school = await linked(systemClock, { transport });
    await eventually(() => expect(school.subscribed()).toBe(true));
    const statusOfGate = () => school.items().find(({ deviceId }) => deviceId === codes.channels.gate)?.status;
    expect(statusOfGate()).toBe('ON');
    const died = systemClock.monotonic();
    school.box.fault('gate', 'camera-unreachable');
    await eventually(() => expect(statusOfGate()).toBe('OFF'));
    expect(systemClock.monotonic() - died).toBeLessThan(20_000);
    school.box.fault('gate', undefined);
    await eventually(() => expect(statusOfGate()).toBe('ON'));
    expect(school.platform.complaints()).toEqual([]);
  });
});

test.each(['flat', 'civil', 'groups'] as const)('the %s tree is one that the platform can draw', async (tree) => {
  await using school = await linked(systemClock, { catalogue: { tree } });
  await eventually(() => expect(school.subscribed()).toBe(true));
  const drawn = school.platform.tree(device);
  const names = (nodes: typeof drawn): unknown =>
    nodes.map(({ item, children }) => (children.length === 0 ? item.name : [item.name, names(children)]));
  if (tree === 'groups') {
    expect(names(drawn)).toEqual([['第一小学', [['校门', ['校门口', '门卫室一键报警']], ['操场', ['东围墙', '东侧周界']], '一号楼大厅']]]);
  }
  expect(school.items()).toHaveLength({ flat: 5, civil: 9, groups: 8 }[tree]);
  expect(school.platform.complaints()).toEqual([]);
});

test.each(['registrations', 'nothing'] as const)(
  'after an hour without the platform, which remembers %s, and ten changes, both trees are the same within 60 s',
  async (remembering) => {
    const clock = new ManualClock();
    await using school = await linked(clock);
    await until(clock, () => school.subscribed() && school.items().length === 5);
    await school.platform.down();
    for (let tens = 0; tens < 360; tens += 1) {
      await clock.advance(seconds(10));
      await systemClock.sleep(millis(1));
    }
    const before = gbSchool();
    const channels = before.channels.filter(({ id }) => id !== 'hall').map((each) => ({ ...each, name: `${each.name}二` }));
    const zones = before.panels[0]!.zones.map((zone) => ({ ...zone, name: `新${zone.name}` }));
    school.box.become({ ...before, channels, panels: [{ ...before.panels[0]!, zones }] });
    for (const id of ['gate', 'panel-1'] as const) school.box.fault(id, id === 'gate' ? 'camera-unreachable' : 'panel-silent');
    school.box.fault('wall', 'stream-stalled');
    await clock.advance(minutes(1));
    await school.platform.up(remembering);
    const wanted = {
      [codes.channels.gate!]: `校门口二 ${statusOf('OFF')}`,
      [codes.channels.wall!]: `东围墙二 ${statusOf('VLOST')}`,
      [codes.zones['panel-1/button']!]: `新门卫室一键报警 OFF`,
      [codes.zones['panel-1/fence']!]: `新东侧周界 OFF`,
    };
    await until(clock, () => school.platform.devices().some(({ online }) => online), 90_000);
    await until(clock, () => JSON.stringify(Object.entries(school.shown()).sort()) === JSON.stringify(Object.entries(wanted).sort()), 60_000);
    expect(school.shown()).toEqual(wanted);
  },
);

/** It keeps its tree, and asks no second time. */
const keeper = { queries: false, subscriptions: ['Catalog'] } as const;

test('a code that is taken from the settings is deleted at a platform that does not ask again', async () => {
  const clock = new ManualClock();
  const box = gbBox(clock);
  await using platform = await localPlatform({ clock, welcome: keeper });
  const shown = () => (platform.catalogue(device)?.items ?? []).map(({ deviceId, status }) => `${deviceId} ${status}`).sort();
  const online = () => platform.devices().some((each) => each.online);
  const all = [...Object.values(codes.channels), ...Object.values(codes.zones)].map((code) => `${code} ON`).sort();
  {
    await using _before = gbDevice(platform.address, clock, { codes }, password, box.door);
    await until(clock, online);
    let asked = false;
    void platform.askCatalogue(device, never).finally(() => {
      asked = true;
    });
    await until(clock, () => asked);
    expect(shown()).toEqual(all);
  }
  await until(clock, () => !online());
  const { hall, ...channels } = codes.channels;
  await using _after = gbDevice(platform.address, clock, { codes: { ...codes, channels } }, password, box.door);
  await until(clock, online);
  const gone = all.filter((each) => each !== `${hall} ON`);
  await until(clock, () => shown().join() === gone.join(), 60_000);
});

test('a camera that goes while the gateway is off is deleted within 60 s of the next registration', { timeout: 90_000 }, async () => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const around = { clock: systemClock, log: silentLogger };
  const listen = { address: '127.0.0.1', port: 0 };
  const config = parseConfig(
    JSON.stringify({
      ...{ dataFolder: folder, http: listen, rtsp: { enabled: false }, webrtc: { enabled: false } },
      mqtt: { tls: { enabled: false }, plain: { enabled: true, ...listen } },
    }),
    join(folder, 'gateway.yaml'),
  );
  const platform = scope.own(await localPlatform({ welcome: keeper }));
  const codesShown = () => (platform.catalogue(device)?.items ?? []).map(({ deviceId }) => deviceId).sort();
  const online = () => platform.devices().some((each) => each.online);
  const { gate, hall } = codes.channels;
  {
    await using gateway = await assemble(config, around);
    for (const id of ['gate', 'hall']) {
      gateway.inventory.putCamera({
        ...{ id: cameraId(id), name: id, adapter: 'rtsp', address: 'rtsp://127.0.0.1:9/live', settings: {} },
        ...{ enabled: false, maintenance: false },
      });
    }
    gateway.inventory.putUplink({
      ...{ id: uplinkId('police'), name: 'Police', adapter: 'gb28181', secret: new Secret(password), enabled: true },
      settings: {
        ...{ platform: { code: server, address: '127.0.0.1', port: platform.address.port }, local: { address: '127.0.0.1', port: 0 } },
        codes: { device, channels: { gate, hall } },
      },
    });
    await eventually(() => expect(online()).toBe(true));
    await platform.askCatalogue(device, never);
    expect(codesShown()).toEqual([gate, hall]);
  }
  {
    await using meanwhile = await openInventory({ folder, ...around });
    meanwhile.removeCamera(cameraId('hall'));
  }
  await using _again = await assemble(config, around);
  await eventually(() => expect(online()).toBe(true));
  await eventually(() => expect(codesShown()).toEqual([gate]), seconds(60));
});

test.each([
  'duplicate-requests',
  'late-duplicates',
  'lost-answers',
  'late-answers',
  'cseq-jumps',
  'cseq-stands-still',
  'from-address',
  'compact-headers',
])('a platform with %s gets the whole catalogue, and the next change', async (name) => {
  const clock = new ManualClock();
  await using school = await linked(clock);
  await school.platform.misbehave(name);
  await until(clock, () => school.subscribed() && school.items().length === 5, 180_000);
  school.box.fault('gate', 'camera-unreachable');
  await until(clock, () => school.shown()[codes.channels.gate!] === '校门口 OFF', 60_000);
  await school.platform.misbehave();
});

test('an alarm goes by NOTIFY where the platform has subscribed to alarms, else by MESSAGE', async () => {
  await using school = await linked(systemClock);
  await eventually(() => expect(school.subscribed()).toBe(true));
  const press = async () => {
    const event = await school.box.journal.press({ panel: panelId('panel-1'), zone: zoneId('button') });
    const { position } = school.box.journal.read.find(event.id)!;
    await school.uplink.deliver(deliveryOf(event, position), never);
  };
  await press();
  await school.platform.unsubscribe(device, 'Alarm', never);
  await press();
  await eventually(() => expect(school.platform.alarms().map(({ by }) => by)).toEqual(['NOTIFY', 'MESSAGE']));
  expect(school.platform.complaints()).toEqual([]);
});

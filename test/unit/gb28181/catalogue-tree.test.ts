/** What a platform's catalogue holds, in each of its shapes, and what changes mean. */
import { describe, expect, test } from 'vitest';
import { catalogueChanges, changeBatches, departures, standings, toldBefore, toldOf } from '../../../adapters/uplinks/gb28181/catalogue/changes.ts';
import type { CatalogueNode } from '../../../adapters/uplinks/gb28181/catalogue/node.ts';
import { selectNodes } from '../../../adapters/uplinks/gb28181/catalogue/select.ts';
import { standingOfCamera, standingOfZone, statusOf } from '../../../adapters/uplinks/gb28181/catalogue/standing.ts';
import { buildCatalogue } from '../../../adapters/uplinks/gb28181/catalogue/tree.ts';
import type { DeviceHealth, FaultCode, PanelStatus } from '../../../gateway/domain/health.ts';
import { cameraId, placeId, zoneId } from '../../../gateway/domain/ids.ts';
import { instant } from '../../../gateway/domain/time.ts';
import { device } from '../../support/gb-peer.ts';
import { catalogueSchool, codes, gbSchool, panelOne } from '../../support/gb-school.ts';

const idsOf = (nodes: readonly CatalogueNode[] | undefined) => nodes?.map(({ item }) => item.deviceId);
const [gate, hall, wall] = Object.values(codes.channels) as [string, string, string];
const [button, fence] = Object.values(codes.zones) as [string, string];

describe('the flat catalogue', () => {
  test('has every camera and alarm input below the gateway, as old and new platforms take it', () => {
    const nodes = buildCatalogue(catalogueSchool());
    expect(idsOf(nodes)).toEqual([gate, hall, wall, button, fence]);
    expect(nodes[0]?.item).toEqual({
      ...{
        deviceId: gate,
        name: '校门口',
        manufacturer: 'ONVIF',
        model: 'DS-2CD',
        owner: '0',
        civilCode: '340200',
        address: '芜湖市中山路 1 号 校门',
      },
      ...{ parental: false, parentIds: [device], safetyWay: 0, registerWay: 1, secrecy: false, status: 'ON' },
    });
    expect(nodes[3]?.item).toMatchObject({ name: '门卫室一键报警', parentIds: [device], status: 'ON' });
    const [modern] = buildCatalogue({ ...catalogueSchool(), edition: '2022' });
    expect(modern?.item).toMatchObject({ info: { streamNumberList: '0/1' } });
    expect(modern?.item).not.toHaveProperty('owner');
  });

  test('leaves out what has no code and what this platform may not see', () => {
    const school = catalogueSchool();
    const fewer = { ...school, codes: { ...codes, channels: { gate, hall } }, shares: ({ id }: { id: string }) => id !== 'hall' };
    expect(idsOf(buildCatalogue(fewer))).toEqual([gate, button, fence]);
  });

  test('cuts long names between characters', () => {
    const inventory = gbSchool();
    const channels = [{ ...inventory.channels[0]!, name: `a${'校'.repeat(40)}` }];
    const [first] = buildCatalogue(catalogueSchool('flat', { ...inventory, channels }));
    expect(first?.item.name).toBe(`a${'校'.repeat(31)}`);
  });
});

test('the civil-code tree has the regions of all codes, from the province down, with their names', () => {
  const nodes = buildCatalogue(catalogueSchool('civil'));
  expect(nodes.slice(0, 4).map(({ item }) => item)).toEqual([
    { deviceId: '34', name: '安徽省' },
    { deviceId: '3402', name: '芜湖市' },
    { deviceId: '340200', name: '镜湖区' },
    { deviceId: '34020001', name: '34020001' },
  ]);
  expect(nodes.find(({ item }) => item.deviceId === wall)?.item.civilCode).toBe('34020001');
  // Registered as a lower platform it stands in its own tree.
  const platform = { ...catalogueSchool('civil'), codes: { ...codes, device: '34020000002000000009' } };
  expect(buildCatalogue(platform)[4]?.item).toMatchObject({ deviceId: '34020000002000000009', parental: true, status: 'ON' });
});

test('the tree of business groups has an organisation for each place that is used', () => {
  const inventory = gbSchool();
  const unused = { id: placeId('roof'), name: '屋顶' };
  const source = catalogueSchool('groups', { ...inventory, places: [...inventory.places, unused] });
  const nodes = buildCatalogue({ ...source, codes: { ...codes, places: { ...codes.places, roof: '34020000002160000003' } } });
  expect(idsOf(nodes)).toEqual([codes.group, codes.places.entrance, codes.places.yard, gate, hall, wall, button, fence]);
  expect(nodes[0]?.item).toEqual({ deviceId: codes.group, name: '第一小学', civilCode: '340200', parentIds: [device] });
  expect(nodes[1]?.item).toEqual({ deviceId: codes.places.entrance, name: '校门', businessGroupId: codes.group });
  expect(nodes[3]?.item).toMatchObject({ parentIds: [device, codes.places.entrance], businessGroupId: codes.group });
  // Without a place it stands in the group itself.
  expect(nodes[4]?.item).toMatchObject({ parentIds: [device, codes.group], businessGroupId: codes.group });
});

test('a query is for a device, a region, a group, an organisation, one thing, or for nothing of ours', () => {
  const civil = buildCatalogue(catalogueSchool('civil'));
  expect(selectNodes(civil, device, device)).toBe(civil);
  expect(idsOf(selectNodes(civil, '34020001', device))).toEqual(['34020001', wall]);
  expect(selectNodes(civil, '340200', device)).toHaveLength(7);
  expect(selectNodes(civil, '11', device)).toBeUndefined();
  const groups = buildCatalogue(catalogueSchool('groups'));
  expect(idsOf(selectNodes(groups, codes.places.yard!, device))).toEqual([codes.places.yard, wall, fence]);
  expect(selectNodes(groups, codes.group!, device)).toHaveLength(8);
  expect(idsOf(selectNodes(groups, hall, device))).toEqual([hall]);
  expect(selectNodes(groups, '34020000001320000099', device)).toBeUndefined();
});

describe('changes', () => {
  test('are told in the words of the standard, parents before children, and what is gone first', () => {
    const school = catalogueSchool('groups');
    const before = toldOf(buildCatalogue(school));
    expect(catalogueChanges(before, buildCatalogue(school))).toEqual([]);

    school.standing.set('gate', 'OFF').set('hall', 'VLOST').set('wall', 'DEFECT').set('panel-1/fence', 'OFF');
    expect(catalogueChanges(before, buildCatalogue(school)).map(({ deviceId, event }) => [deviceId, event])).toEqual([
      [gate, 'OFF'],
      [hall, 'VLOST'],
      [wall, 'DEFECT'],
      [fence, 'OFF'],
    ]);

    const inventory = gbSchool();
    const changed = catalogueSchool('groups', {
      ...inventory,
      cameras: inventory.cameras.filter(({ id }) => id !== 'hall'),
      channels: inventory.channels.filter(({ id }) => id !== 'hall').map((each) => (each.id === 'gate' ? { ...each, name: '南校门' } : each)),
      panels: [],
    });
    const told = [...departures([...before.keys()], buildCatalogue(changed)), ...catalogueChanges(before, buildCatalogue(changed))];
    expect(told.map(({ deviceId, event, name }) => [deviceId, event, name])).toEqual([
      [fence, 'DEL', undefined],
      [button, 'DEL', undefined],
      [hall, 'DEL', undefined],
      [gate, 'UPDATE', '南校门'],
    ]);
    const added = catalogueChanges(toldOf(buildCatalogue(changed)), buildCatalogue(school));
    expect(added.map(({ deviceId, event }) => [deviceId, event])).toEqual([
      ...[
        [gate, 'UPDATE'],
        [hall, 'ADD'],
        [hall, 'VLOST'],
        [wall, 'DEFECT'],
        [button, 'ADD'],
        [fence, 'ADD'],
      ],
    ]);
    expect(added[1]).toMatchObject({ name: '一号楼大厅', status: 'OFF' });
  });

  test('against codes that were told by another before us are whole items and deletions', () => {
    const now = buildCatalogue(catalogueSchool());
    const known = [gate, '34020000001320000099', hall, '34020000001320000098'];
    const changes = [...departures(known, now), ...catalogueChanges(toldBefore(known), now)];
    expect(changes.map(({ deviceId, event }) => [deviceId, event])).toEqual([
      ...[
        ['34020000001320000098', 'DEL'],
        ['34020000001320000099', 'DEL'],
        [gate, 'UPDATE'],
        [hall, 'UPDATE'],
        [wall, 'ADD'],
        [button, 'ADD'],
        [fence, 'ADD'],
      ],
    ]);
  });

  test('share a message only where they are short', () => {
    const short = standings(buildCatalogue(catalogueSchool()));
    const batches = changeBatches([{ deviceId: gate, event: 'ADD', name: '校门口' }, ...short, ...short], { whole: 1, short: 8 });
    expect(batches.map((batch) => batch.length)).toEqual([1, 8, 2]);
    expect(changeBatches([], { whole: 1, short: 8 })).toEqual([]);
  });
});

describe('standing', () => {
  const health = (state: DeviceHealth['state'], ...faults: readonly FaultCode[]): DeviceHealth => {
    const found = faults.map((code) => ({ code, subject: cameraId('gate'), since: instant(0), sentence: { zh: '', en: '' } }));
    return { subject: cameraId('gate'), kind: 'camera', state, since: instant(0), faults: found };
  };

  test.each([
    ['ON', health('normal')],
    ['ON', health('maintenance')],
    ['ON', health('degraded', 'camera-clock')],
    ['OFF', undefined],
    ['OFF', health('unknown')],
    ['OFF', health('offline', 'camera-unreachable')],
    ['OFF', health('disabled')],
    ['OFF', health('maintenance', 'camera-credentials')],
    ['VLOST', health('degraded', 'stream-stalled', 'stream-flawed')],
    ['DEFECT', health('degraded', 'stream-flawed')],
  ] as const)('of a camera is %s: %o', (standing, seen) => {
    expect(standingOfCamera(seen)).toBe(standing);
  });

  test('of a zone is that of its panel, unless it has a trouble of its own', () => {
    const trouble = (code: 'zone-bypassed' | 'zone-tamper'): PanelStatus => ({
      ...{ panel: panelOne, session: 'connected', announced: 'online', since: instant(0), armed: {} },
      troubles: [{ code, zone: 'fence', since: instant(0) }],
    });
    const of = (panel: PanelStatus | undefined, seen = health('normal')) => standingOfZone(seen, panel, zoneId('fence'));
    expect([of(undefined), of(trouble('zone-bypassed')), of(trouble('zone-tamper'))]).toEqual(['ON', 'OFF', 'DEFECT']);
    expect(standingOfZone(health('normal'), trouble('zone-bypassed'), zoneId('button'))).toBe('ON');
    expect(of(undefined, health('offline', 'panel-silent'))).toBe('OFF');
  });

  test('without a picture is OFF in the catalogue, which knows two words', () => {
    expect((['ON', 'OFF', 'VLOST', 'DEFECT'] as const).map(statusOf)).toEqual(['ON', 'OFF', 'OFF', 'ON']);
  });
});

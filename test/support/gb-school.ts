/** A school with codes, as its catalogue sees it: three cameras at two places, and a panel with a button and a fence. */

import type { Standing } from '../../adapters/uplinks/gb28181/catalogue/standing.ts';
import type { CatalogueSource, TreeShape } from '../../adapters/uplinks/gb28181/catalogue/tree.ts';
import type { GbCodes } from '../../adapters/uplinks/gb28181/codes/code-map.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import { cameraId, campusId, channelId, panelId, placeId, zoneId } from '../../gateway/domain/ids.ts';
import { device } from './gb-peer.ts';
import { camera, panel } from './inventory.ts';

export const codes: GbCodes = {
  device,
  channels: { gate: '34020000001320000001', hall: '34020000001320000002', wall: '34020001001320000003' },
  zones: { 'panel-1/button': '34020000001340000001', 'panel-1/fence': '34020000001340000002' },
  places: { entrance: '34020000002160000001', yard: '34020000002160000002' },
  group: '34020000002150000001',
};

export function gbSchool(): Inventory {
  const entrance = { id: placeId('entrance'), name: '校门' };
  const yard = { id: placeId('yard'), name: '操场' };
  const [gate, hall, wall] = ['gate', 'hall', 'wall'] as const;
  const cameras = [camera(gate, { place: entrance.id }), camera(hall), camera(wall, { place: yard.id })].map(
    ({ credentials: _none, ...each }) => each,
  );
  const channel = (id: string, name: string, number: number) => ({ id: channelId(id), name, camera: cameraId(id), number });
  const zones = [
    { id: zoneId('button'), name: '门卫室一键报警', place: entrance.id, type: 'panic.silent', channels: [channelId(gate)] },
    { id: zoneId('fence'), name: '东侧周界', place: yard.id, type: 'burglary.perimeter', channels: [channelId(wall)] },
  ];
  return {
    campus: { id: campusId('school'), name: '第一小学', timeZone: 'Asia/Shanghai', address: '芜湖市中山路 1 号' },
    places: [entrance, yard],
    cameras,
    channels: [channel(gate, '校门口', 1), channel(hall, '一号楼大厅', 2), channel(wall, '东围墙', 3)],
    panels: [panel('panel-1', [], { zones })],
    uplinks: [],
    rules: [],
  };
}

export interface CatalogueSchool extends CatalogueSource {
  /** By id of the channel, or `panel/zone`; ON unless set. */
  readonly standing: Map<string, Standing>;
}

export function catalogueSchool(shape: TreeShape = 'flat', inventory = gbSchool()): CatalogueSchool {
  const standing = new Map<string, Standing>();
  return {
    ...{ inventory, codes, shape, edition: '2016', standing },
    regions: { '3402': '芜湖市', '340200': '镜湖区' },
    shares: () => true,
    sharesZone: () => true,
    cameraStanding: ({ id }) => standing.get(id) ?? 'ON',
    zoneStanding: ({ id }, zone) => standing.get(`${id}/${zone.id}`) ?? 'ON',
    modelOf: ({ id }) => (id === 'gate' ? 'DS-2CD' : undefined),
  };
}

export const panelOne = panelId('panel-1');

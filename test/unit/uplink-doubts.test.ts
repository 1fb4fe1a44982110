/** What is doubtful about an uplink beside the others, although its settings are in order. */
import { expect, test } from 'vitest';
import { uplinkDoubts } from '../../gateway/assemble-adapters.ts';
import type { Inventory, UplinkRole, UplinkSettings } from '../../gateway/domain/campus.ts';
import { campusId, uplinkId } from '../../gateway/domain/ids.ts';

const uplink = (id: string, role: UplinkRole | undefined, adapter: string, settings: object): UplinkSettings => ({
  ...{ id: uplinkId(id), name: id, adapter, settings: { ...settings }, enabled: true },
  ...(role === undefined ? {} : { role }),
});
const webhook = (settings: object = {}, role?: UplinkRole) =>
  uplink('police', role, 'webhook', { url: 'https://police.example/alarms', ...settings });
const centre = (settings: object = {}) =>
  uplink('centre', 'primary', 'dc09', { primary: 'tcp://centre.example:12009', account: '1234', ...settings });
const backup = uplink('second', 'backup', 'mqtt', { url: 'mqtt://second.example' });
const school = (...uplinks: readonly UplinkSettings[]): Inventory => ({
  campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '' },
  ...{ places: [], cameras: [], channels: [], panels: [], rules: [], uplinks },
});
const doubts = (one: UplinkSettings, ...others: readonly UplinkSettings[]) => uplinkDoubts(one, school(one, ...others)).map(({ en }) => en);

test('a primary that somebody stands by for, and that is asked nothing while it has nothing to do, is told of', () => {
  expect(doubts(webhook(), backup)).toEqual([expect.stringContaining('heartbeatSeconds is 0')]);
  expect(doubts(centre({ pollSeconds: 0 }), backup)).toEqual([expect.stringContaining('pollSeconds is 0')]);
});

test('not one that is asked, that nobody stands by for, or that is no primary', () => {
  expect(doubts(webhook({ heartbeatSeconds: 20 }), backup)).toEqual([]);
  expect(doubts(centre(), backup)).toEqual([]);
  expect(doubts(webhook(), { ...backup, enabled: false })).toEqual([]);
  expect(doubts(webhook())).toEqual([]);
  expect(doubts(webhook({}, 'copy'), backup)).toEqual([]);
  expect(doubts(webhook({ url: 'nowhere' }), backup)).toEqual([]);
});

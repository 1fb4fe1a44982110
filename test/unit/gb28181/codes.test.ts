/** The codes of one platform: judged, allocated, edited over the API and by command. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allocateMissing, CodeAllocator } from '../../../adapters/uplinks/gb28181/codes/allocate.ts';
import { codesSchema } from '../../../adapters/uplinks/gb28181/codes/code-map.ts';
import { faultOfCode } from '../../../adapters/uplinks/gb28181/codes/judge.ts';
import { importCodes, showCodes } from '../../../gateway/commands/codes.ts';
import { uplinkId } from '../../../gateway/domain/ids.ts';
import { school } from '../../support/http-school.ts';
import { dataFolder, furnish, openIn, surroundings } from '../../support/inventory.ts';

const device = '34020000001180000001';
const gateCode = '34020000001320000001';
const none = { channels: {}, zones: {}, places: {} };

describe('codes of a platform', () => {
  test('that two things share are refused', () => {
    const shared = codesSchema.safeParse({ device, channels: { gate: gateCode, wall: gateCode } });
    expect(shared.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['channels.wall', `a code that nobody else has: ${gateCode} is of channels.gate already`],
    ]);
  });

  test('of another kind are refused in words of both languages', () => {
    expect(faultOfCode('zone', gateCode)).toEqual({
      zh: '第 11–13 位 132 是“网络摄像机（IPC）”；报警防区应为 134（报警输入设备（红外、烟感、门禁等））、144–199（扩展的前端外围设备）',
      en: 'a code for an alarm zone, with 134 (alarm input (infrared, smoke, door and so on)), 144–199 (other front-end peripheral) as digits 11 to 13: 132 is network camera (IPC)',
    });
    expect(faultOfCode('device', '34020000002000000007')).toBeUndefined();
  });

  test('are allocated after the pattern of the gateway, behind the last one of their type', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const codes = { ...none, device, channels: { 'cam-1': '34020000001320000007' } };
    expect(allocateMissing(store.current(), codes, ['channel', 'zone', 'place'])).toEqual([
      { owner: { kind: 'channel', id: 'cam-2' }, code: '34020000001320000008' },
      { owner: { kind: 'zone', id: 'panel-1/z1' }, code: '34020000001340000001' },
      { owner: { kind: 'place', id: 'gate' }, code: '34020000002160000001' },
    ]);
  });

  test('are never given twice, and gaps are filled when the numbers run out', () => {
    const allocator = new CodeAllocator({ ...none, device, channels: { last: '34020000001329999999' } });
    expect(allocator.next({ kind: 'channel', id: 'wall' }).code).toBe(gateCode);
    expect(() => allocator.claim({ kind: 'channel', id: 'gate' }, gateCode)).toThrow(
      `Code ${gateCode} is of channels.wall already: channels.gate cannot have it too.`,
    );
    expect(() => allocator.claim({ kind: 'zone', id: 'p/z' }, '34020000001320000005')).toThrow('zones.p/z needs a code for an alarm zone');
  });
});

const bureau = { id: uplinkId('bureau'), name: 'Bureau', adapter: 'gb28181', settings: { note: 'kept' }, enabled: false };

describe('over the API', () => {
  test('a table is rehearsed, taken over, and read back in words', async () => {
    await using campus = await school();
    campus.inventory.putUplink(bureau);
    const cookie = await campus.signIn('administrator');
    const path = '/api/v1/uplinks/bureau/codes';
    const body = { format: 'csv', text: `id,code\n,${device}\ngate,${gateCode}` };
    const rehearsed = await campus.call('POST', path, { cookie, body: { ...body, dryRun: true } });
    expect(rehearsed.json).toMatchObject({
      adds: [{ owner: 'device' }, { owner: 'channels.gate', code: gateCode }],
      missing: ['zones.gate-panel/z1'],
    });
    expect((await campus.call('GET', path, { cookie })).json).toMatchObject({
      codes: [],
      missing: ['device', 'channels.gate', 'zones.gate-panel/z1'],
    });
    expect((await campus.call('POST', path, { cookie, body })).status).toBe(200);
    const allocated = await campus.call('POST', `${path}/allocation`, { cookie, body: { kinds: ['zone'] } });
    expect(allocated.json).toMatchObject({ adds: [{ owner: 'zones.gate-panel/z1', code: '34020000001340000001' }], missing: [] });
    const { codes } = (await campus.call('GET', path, { cookie })).json;
    expect(codes[1]).toMatchObject({
      owner: 'channels.gate',
      groups: [{ digits: '34020000', meaning: { zh: '安徽省，市 02，区县 00' } }, {}, {}, {}, {}],
    });
    expect(campus.inventory.current().uplinks.find(({ id }) => id === bureau.id)?.settings).toMatchObject({ note: 'kept', codes: { device } });
  });

  test('a wrong table is told with lines and columns, and changes nothing; nobody else may', async () => {
    await using campus = await school();
    campus.inventory.putUplink(bureau);
    const cookie = await campus.signIn('administrator');
    const path = '/api/v1/uplinks/bureau/codes';
    const body = { format: 'csv', text: `id,code\n,${device}\nnobody,${gateCode}` };
    const refused = await campus.call('POST', path, { cookie, body });
    expect([refused.status, refused.json.problems]).toEqual([
      400,
      [{ path: 'nobody', expected: 'the id of a channel of the inventory', got: '"nobody"', line: 3, column: 8 }],
    ]);
    expect(campus.inventory.current().uplinks.find(({ id }) => id === bureau.id)?.settings.codes).toBeUndefined();
    expect((await campus.call('POST', '/api/v1/uplinks/police/codes', { cookie, body })).json.detail).toContain('speaks webhook');
    expect((await campus.call('POST', path, { cookie: await campus.signIn('technician'), body })).status).toBe(403);
  });
});

test('by command, a file is taken over and shown', async () => {
  await using folder = await dataFolder();
  {
    await using store = await openIn(folder.path);
    furnish(store);
    store.putUplink(bureau);
  }
  const file = join(folder.path, '..', 'issued.yaml');
  await writeFile(file, `device: "${device}"\nchannels:\n  cam-1: "${gateCode}"\n`);
  const { text } = await importCodes(folder.path, 'bureau', file, { dryRun: false, ...surroundings });
  expect(text).toBe(
    `+ ${device}  device\n+ ${gateCode}  channels.cam-1\nwithout a code, and so not in the platform's catalogue: channels.cam-2, zones.panel-1/z1\n2 added, 0 changed.\n`,
  );
  expect((await showCodes(folder.path, 'bureau', surroundings)).text).toContain('132      type · 类型编码: network camera (IPC) · 网络摄像机（IPC）');
  await writeFile(file, 'channels: { cam-1: 34020000001320000001 }\n');
  await expect(importCodes(folder.path, 'bureau', file, { dryRun: false, ...surroundings })).rejects.toThrow('line 1, column 13: channels.cam-1');
});

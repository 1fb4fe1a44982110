import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { uplinkDoubts } from '../../../gateway/assemble-adapters.ts';
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import { panelId } from '../../../gateway/domain/ids.ts';
import { inventoryExport, inventoryImport } from '../../../gateway/inventory/cli.ts';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { type ImportPlan, importInventory } from '../../../gateway/inventory/import.ts';
import type { InventoryStore } from '../../../gateway/inventory/store.ts';
import type { Problem } from '../../../gateway/runtime/problems.ts';
import { bytesBelow, dataFolder, furnish, openIn, surroundings } from '../../support/inventory.ts';

const nothing: ImportPlan = { adds: [], changes: [], removes: [], doubts: [] };

const school = `version: 1
campus: {id: school-7, name: 第七小学, timeZone: Asia/Shanghai, address: 校园路 7 号}
places:
  gate: {name: 校门}
cameras:
  cam-1: {name: 大门, place: gate, adapter: onvif, address: "http://10.0.0.1/onvif/device_service", username: admin, password: canary-plain}
  cam-2: {name: 操场, adapter: rtsp, address: "rtsp://10.0.0.2/main", username: admin, password: {plain: "sealed:v1:canary"}}
panels:
  panel-1:
    name: 主机
    password: canary-panel-password-long-enough
    zones:
      z1: {name: 门卫室, place: gate, type: panic.silent, channels: [cam-1]}
uplinks:
  police: {name: 公安, adapter: webhook, settings: {address: "https://police.example"}, secret: canary-uplink}
streamKeys:
  viewer-wall: {label: wall, password: canary-stream, channels: [cam-2]}
`;

function problemsOf(store: InventoryStore, yaml: string): Problem[] {
  for (const dryRun of [true, false]) {
    try {
      importInventory(store, yaml, { dryRun });
    } catch (error) {
      if (isGatewayError(error, 'INVENTORY_INVALID')) {
        if (!dryRun) return [...(error.context.problems as readonly Problem[])];
        continue;
      }
      throw error;
    }
    throw new Error('It was taken.');
  }
  return [];
}
const places = (problems: readonly Problem[]) => problems.map(({ path, line }) => [path, line]);

describe('export and import', () => {
  test('a file from git fills an empty box; its plain secrets are sealed on the way in', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const plan = importInventory(store, school, { dryRun: false });
    expect(plan.adds).toEqual([
      'places.gate',
      'cameras.cam-1',
      'cameras.cam-2',
      'channels.cam-1',
      'channels.cam-2',
      'panels.panel-1',
      'panels.panel-1.zones.z1',
      'uplinks.police',
      'streamKeys.viewer-wall',
    ]);
    expect(plan.changes).toEqual([{ item: 'campus', fields: ['id', 'name', 'address'] }]);
    const { cameras, panels, uplinks, campus } = store.current();
    expect(campus.name).toBe('第七小学');
    expect(cameras.map(({ credentials }) => credentials?.password.reveal())).toEqual(['canary-plain', 'sealed:v1:canary']);
    expect(uplinks[0]?.secret?.reveal()).toBe('canary-uplink');
    expect(panels[0]?.passwordSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(store.streamKeys()).toEqual([{ username: 'viewer-wall', password: 'canary-stream', channels: ['cam-2'] }]);
    expect(await bytesBelow(folder.path)).not.toContain('canary');
    expect(exportInventory(store)).not.toContain('canary');
    expect(importInventory(store, school, { dryRun: true })).toEqual(nothing);
  });

  test('what was exported is no change, with secrets, without them, and with users', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    store.newPanelPassword(panelId('panel-1'));
    store.issueStreamKey('wall');
    const before = store.current();
    for (const options of [{}, { secrets: 'omit' as const }, { users: true }]) {
      const yaml = exportInventory(store, options);
      expect(importInventory(store, yaml, { dryRun: true })).toEqual(nothing);
      expect(importInventory(store, yaml, { dryRun: false })).toEqual(nothing);
    }
    expect(store.current()).toEqual(before);
    expect(exportInventory(store)).not.toContain('scrypt');
    expect(exportInventory(store, { secrets: 'omit' })).not.toMatch(/^\s+(password|secret|passwordSha256):/m);
  });

  test('a dry run tells adds, changes and removes, and writes nothing', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const before = store.current();
    const yaml = `version: 1
cameras:
  cam-1: {name: new name, place: gate, adapter: onvif, address: "http://10.0.0.1/onvif/cam-1", username: gateway, password: changed}
  cam-2: {name: Camera cam-2, adapter: onvif, address: "http://10.0.0.1/onvif/cam-2", username: gateway}
  cam-9: {name: nine, adapter: rtsp, address: "rtsp://10.0.0.9/"}
panels: {}
`;
    const plan = importInventory(store, yaml, { dryRun: true });
    expect(plan).toEqual({
      adds: ['cameras.cam-9', 'channels.cam-9'],
      changes: [{ item: 'cameras.cam-1', fields: ['name', 'password'] }],
      removes: ['panels.panel-1', 'panels.panel-1.zones.z1'],
      doubts: [],
    });
    expect(store.current()).toBe(before);
    expect(importInventory(store, yaml, { dryRun: false })).toEqual(plan);
    expect(store.current().cameras).toHaveLength(3);
    expect(store.current().uplinks).toHaveLength(1);
    expect(store.current().cameras[1]?.credentials?.password.reveal()).toBe('canary-camera-cam-2');
  });

  test('every problem is told at once with its line: shapes first, then what does not fit together', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const before = store.current();
    const shapes = `version: 2
camreas: {}
cameras:
  UPPER: {name: a, adapter: rtsp, address: x}
  cam-1: {name: 1, adapter: rtsp, adress: x, password: [canary-secret]}
`;
    const found = problemsOf(store, shapes);
    expect(places(found).sort()).toEqual(
      [
        ['camreas', 2],
        ['cameras.UPPER', 4],
        ['cameras.cam-1.address', 5],
        ['cameras.cam-1.adress', 5],
        ['cameras.cam-1.name', 5],
        ['cameras.cam-1.password', 5],
        ['version', 1],
      ].sort(),
    );
    expect(found.find(({ path }) => path === 'camreas')?.expected).toContain('"cameras"');
    const fits = `version: 1
cameras:
  cam-1: {name: a, adapter: rtsp, address: "http://10.0.0.1", place: nowhere}
  cam-2: {name: b, adapter: onvif, address: "http://10.0.0.1/"}
panels:
  p:
    name: p
    zones:
      z:
        name: z
        channels: [cam-1, none]
`;
    expect(places(problemsOf(store, fits))).toEqual([
      ['cameras.cam-1.place', 3],
      ['cameras.cam-1.address', 3],
      ['panels.p.zones.z.channels[1]', 11],
    ]);
    expect(places(problemsOf(store, 'version: 1\nchannels:\n  cam-1: {name: a, camera: cam-1, number: 1}\n'))).toEqual([['channels', 2]]);
    expect(places(problemsOf(store, 'version: 1\nusers:\n  u: {name: a, role: viewer, passwordHash: aaaaaaaaaaaaaaaaaaaaaaaa}\n'))).toEqual([
      ['users', 2],
    ]);
    expect(places(problemsOf(store, 'version: 1\ncameras:\n  __proto__: {name: a}\n  constructor: {name: b}\n'))).toEqual([
      ['cameras.__proto__', 3],
      ['cameras.constructor', 4],
    ]);
    expect(store.current()).toBe(before);
  });

  test('a secret that another box sealed is named, never taken', async () => {
    await using folder = await dataFolder();
    await using other = await dataFolder();
    await using store = await openIn(folder.path);
    await using stranger = await openIn(other.path);
    importInventory(stranger, school, { dryRun: false });
    const problems = problemsOf(store, exportInventory(stranger));
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'cameras.cam-1.password',
      'cameras.cam-2.password',
      'streamKeys.viewer-wall.password',
      'uplinks.police.secret',
    ]);
    expect(problems.every(({ line }) => line !== undefined)).toBe(true);
    expect(store.current().cameras).toHaveLength(0);
  });

  test('a username without a password, and a password without a username, are mistakes; no username takes both away', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const head = 'version: 1\ncameras:\n  cam-2: {name: b, adapter: rtsp, address: "rtsp://a/"}\n';
    expect(
      places(
        problemsOf(
          store,
          `${head}  x: {name: a, adapter: rtsp, address: "rtsp://a/", username: u}\n  cam-1: {name: a, adapter: rtsp, address: "rtsp://a/", password: p}\n`,
        ),
      ),
    ).toEqual([
      ['cameras.x.password', 4],
      ['cameras.cam-1.username', 5],
    ]);
    importInventory(store, `${head}  cam-1: {name: a, adapter: rtsp, address: "rtsp://a/"}\n`, { dryRun: false });
    expect(store.current().cameras[0]?.credentials).toBeUndefined();
  });
});

describe("a camera's certificate", () => {
  const hex = 'ab'.repeat(32);
  const pinned = (address: string, fingerprint: string) =>
    `version: 1\ncameras:\n  cam-1: {name: a, adapter: onvif, address: "${address}", fingerprint256: "${fingerprint}"}\n`;

  test('is kept in one form, however it was written, and is no change when it comes back', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    importInventory(store, pinned('https://10.0.0.1/onvif', hex), { dryRun: false });
    expect(store.current().cameras[0]?.fingerprint256).toBe(Array(32).fill('AB').join(':'));
    expect(exportInventory(store)).toContain(`fingerprint256: ${Array(32).fill('AB').join(':')}`);
    expect(importInventory(store, exportInventory(store), { dryRun: true })).toEqual(nothing);
    const other = importInventory(store, pinned('https://10.0.0.1/onvif', `cd${hex.slice(2)}`), { dryRun: true });
    expect(other.changes).toEqual([{ item: 'cameras.cam-1', fields: ['fingerprint256'] }]);
  });

  test('that is none, or stands beside an address without TLS, is a mistake', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    expect(places(problemsOf(store, pinned('https://10.0.0.1/onvif', 'abc')))).toEqual([['cameras.cam-1.fingerprint256', 3]]);
    expect(places(problemsOf(store, pinned('http://10.0.0.1/onvif', hex)))).toEqual([['cameras.cam-1.address', 3]]);
  });
});

describe('the commands', () => {
  test('export writes one private file, import --dry-run of it says "no change"', async () => {
    await using folder = await dataFolder();
    await (async () => {
      await using store = await openIn(folder.path);
      furnish(store);
    })();
    const out = join(folder.path, 'school.yaml');
    const printed = await inventoryExport(folder.path, { out }, surroundings);
    expect(printed.json).toMatchObject({ file: out });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect((await inventoryExport(folder.path, {}, surroundings)).text).toBe(await readFile(out, 'utf8'));
    const same = await inventoryImport(folder.path, out, { dryRun: true, ...surroundings });
    expect(same).toEqual({ text: 'no change\n', json: { dryRun: true, changed: false, ...nothing } });
    await writeFile(out, (await readFile(out, 'utf8')).replace('校门', '正门'));
    const changed = await inventoryImport(folder.path, out, { dryRun: false, ...surroundings });
    expect(changed.text).toBe('~ places.gate: name\nImported: 0 added, 1 changed, 0 removed.\n');
  });

  test('import tells what an uplink shares and the file has not, and takes it all the same', async () => {
    await using folder = await dataFolder();
    const file = `${folder.path}.yaml`;
    const settings = (names: string) =>
      `{platform: {code: "34020000002000000001", address: 192.0.2.9}, codes: {device: "34020000001180000001"}, share: [${names}]}`;
    const shares = (names: string) =>
      school.replace('uplinks:\n', `uplinks:\n  platform: {name: 平台, adapter: gb28181, settings: ${settings(names)}}\n`);
    await writeFile(file, shares('cam-1, cam-9, panel-1/z1, panel-1/z9'));
    const told = expect.stringMatching(/▲ uplinks\.platform: share names what this box does not have: cam-9, panel-1\/z9\..* · 共享名单/);
    const options = { uplinkDoubts, ...surroundings };
    expect(await inventoryImport(folder.path, file, { dryRun: true, ...options })).toMatchObject({ text: told });
    const { json, text } = await inventoryImport(folder.path, file, { dryRun: false, ...options });
    expect([text, json]).toMatchObject([told, { changed: true, doubts: [{ item: 'uplinks.platform', doubt: { en: expect.any(String) } }] }]);
    expect((await inventoryImport(folder.path, file, { dryRun: false, ...options })).text).toMatch(/^▲ uplinks\.platform: .*\nno change\n$/);
    await writeFile(file, shares('cam-1, panel-1/z1'));
    expect((await inventoryImport(folder.path, file, { dryRun: false, ...options })).json).toMatchObject({ changed: true, doubts: [] });
  });

  test('a dry run where there is no inventory yet makes no file', async () => {
    await using folder = await dataFolder();
    const file = `${folder.path}.yaml`;
    await writeFile(file, school);
    const printed = await inventoryImport(folder.path, file, { dryRun: true, ...surroundings });
    expect(printed.text).toContain('+ cameras.cam-1');
    expect(printed.text).toContain('nothing was written');
    expect(existsSync(folder.path)).toBe(false);
    await expect(inventoryExport(folder.path, {}, surroundings)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(inventoryImport(folder.path, `${file}.none`, { dryRun: true, ...surroundings })).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
    });
  });
});

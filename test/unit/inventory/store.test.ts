import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import { cameraId, channelId, panelId, placeId, uplinkId, userId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { openInventory } from '../../../gateway/inventory/store.ts';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import type { Problem } from '../../../gateway/runtime/problems.ts';
import { bytesBelow, camera, dataFolder, furnish, openIn, panel } from '../../support/inventory.ts';

function codeAndPaths(action: () => unknown): { code: string; paths: string[] } {
  try {
    action();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const problems = (error.context.problems ?? []) as readonly Problem[];
    return { code: error.code, paths: problems.map(({ path }) => path) };
  }
  throw new Error('It did not fail.');
}

describe('a new box', () => {
  test('has a campus and nothing else, in files that only its user can read', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    expect(store.current()).toMatchObject({
      campus: { id: 'campus', timeZone: 'Asia/Shanghai' },
      cameras: [],
      channels: [],
      panels: [],
      uplinks: [],
    });
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
    for (const name of ['inventory.sqlite', 'inventory.sqlite-wal', 'box.key'])
      expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder.path, 'box.key'))).size).toBe(32);
  });

  test('prints the same claim code at each start until it is used, and then never again', async () => {
    await using folder = await dataFolder();
    let code: string;
    {
      await using store = await openIn(folder.path);
      code = store.openClaim();
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
      expect(await bytesBelow(folder.path)).not.toContain(code);
    }
    await using store = await openIn(folder.path);
    expect(store.claim()).toEqual({ open: true });
    expect(store.openClaim()).toBe(code);
    expect(store.useClaim('0000-0000-0000-0000')).toBe(false);
    expect(store.useClaim('')).toBe(false);
    expect(store.useClaim(code.toLowerCase().replaceAll('-', ' '), { name: 'head', passwordHash: 'x'.repeat(20) })).toBe(true);
    expect(store.userByName('HEAD')?.role).toBe('administrator');
    expect(store.claim()).toEqual({ open: false });
    expect(store.useClaim(code)).toBe(false);
    expect(codeAndPaths(() => store.openClaim()).code).toBe('CLAIM_CLOSED');
  });
});

describe('editing', () => {
  test('a new camera gets a channel of its own with the next free number', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    store.putChannel({ id: channelId('cam-2'), name: 'x', camera: cameraId('cam-2'), number: 3 });
    store.putCamera(camera('cam-3'));
    expect(store.current().channels.map(({ id, number }) => [id, number])).toEqual([
      ['cam-1', 1],
      ['cam-3', 2],
      ['cam-2', 3],
    ]);
  });

  test('what does not fit together is refused with its paths, and nothing is changed', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const before = store.current();
    const wrong: [() => unknown, string[]][] = [
      [() => store.putCamera(camera('x', { place: placeId('nowhere') })), ['cameras.x.place']],
      [() => store.putCamera(camera('x', { address: 'ftp://10.0.0.1' })), ['cameras.x.address']],
      [() => store.putCamera(camera('x', { address: 'http://u:p@10.0.0.1' })), ['cameras.x.address']],
      [
        () => store.putCamera(camera('cam-1', { name: ' ', settings: { deep: { apiToken: 't' } } })),
        ['cameras.cam-1.name', 'cameras.cam-1.settings.deep.apiToken'],
      ],
      [() => store.removeCamera(cameraId('cam-1')), ['panels.panel-1.zones.z1.channels[0]']],
      [() => store.removeChannel(channelId('cam-2')), ['channels', 'panels.panel-1.zones.z1.channels[1]']],
      [() => store.removePlace(placeId('gate')), ['cameras.cam-1.place']],
      [() => store.putChannel({ id: channelId('c'), name: 'c', camera: cameraId('none'), number: 0 }), ['channels.c.camera', 'channels.c.number']],
      [() => store.putChannel({ id: channelId('x'), name: 'x', camera: cameraId('cam-1'), number: 2 }), ['channels.x.number']],
      [() => store.putPanel(panel('p', ['cam-1', 'cam-1', 'none'])), ['panels.p.zones.z1.channels[1]', 'panels.p.zones.z1.channels[2]']],
      [() => store.putPanel(panel('p', [], { heartbeatEvery: seconds(0) })), ['panels.p.heartbeatSeconds']],
      [() => store.putCampus({ ...before.campus, timeZone: 'Mars/Olympus' }), ['campus.timeZone']],
      [() => store.issueStreamKey('wall', [channelId('none')]), []],
    ];
    for (const [action, paths] of wrong) {
      const failure = codeAndPaths(action);
      expect(failure.code).toBe('INVENTORY_INVALID');
      if (paths.length > 0) expect(failure.paths).toEqual(paths);
    }
    expect(store.current()).toBe(before);
    const five = ['a', 'b', 'c', 'd', 'e'];
    for (const id of five) store.putCamera(camera(id));
    expect(codeAndPaths(() => store.putPanel(panel('p', five))).paths).toEqual(['panels.p.zones.z1.channels']);
    for (const action of [
      () => store.removeCamera(cameraId('none')),
      () => store.removePanel(panelId('none')),
      () => store.newPanelPassword(panelId('none')),
      () => store.newUplinkSecret(uplinkId('none')),
      () => store.removeUser(userId('none')),
      () => store.revokeStreamKey('none'),
    ]) {
      expect(codeAndPaths(action).code).toBe('NOT_FOUND');
    }
  });

  test('the settings of an uplink hold the codes of a large campus, and not anything', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const coded = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`panel-1/zone-${index}`, String(10 ** 19 + index)]));
    const uplink = { id: uplinkId('city'), name: 'City', adapter: 'gb28181', enabled: true };
    store.putUplink({ ...uplink, settings: { codes: coded(4_000) } });
    expect(codeAndPaths(() => store.putUplink({ ...uplink, settings: { codes: coded(8_000) } })).paths).toEqual(['uplinks.city.settings']);
  });

  test('each change is told once to whoever follows, as a new frozen inventory', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const end = new AbortController();
    const changes = store.changes(end.signal)[Symbol.asyncIterator]();
    const first = store.current();
    store.putCamera(camera('cam-1'));
    store.putCamera(camera('cam-2'));
    expect((await changes.next()).value.cameras).toHaveLength(1);
    expect((await changes.next()).value).toBe(store.current());
    expect(first.cameras).toHaveLength(0);
    expect(Object.isFrozen(store.current().cameras[0]?.settings)).toBe(true);
    end.abort();
    expect((await changes.next()).done).toBe(true);
  });

  test('a change by another process is taken over', async () => {
    await using folder = await dataFolder();
    const clock = new ManualClock();
    await using store = await openInventory({ folder: folder.path, clock, log: silentLogger });
    await using other = await openIn(folder.path);
    const end = new AbortController();
    const life = store.run(end.signal);
    other.putCamera(camera('cam-1'));
    expect(store.current().cameras).toHaveLength(0);
    await clock.advance(seconds(2));
    expect(store.current().cameras).toHaveLength(1);
    other.putCamera(camera('cam-2'));
    store.putCamera(camera('cam-3'));
    expect(store.current().channels.map(({ id, number }) => [id, number])).toEqual([
      ['cam-1', 1],
      ['cam-2', 2],
      ['cam-3', 3],
    ]);
    end.abort();
    await clock.advance(seconds(2));
    await life;
  });

  test('passwords are shown once: of a panel only the SHA-256 stays, and an edit keeps it', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const password = store.newPanelPassword(panelId('panel-1'));
    expect(password).toMatch(/^[\w-]{32}$/);
    const hash = store.current().panels[0]?.passwordSha256;
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    store.putPanel(panel('panel-1', ['cam-1'], { name: 'renamed' }));
    expect(store.current().panels[0]).toMatchObject({ name: 'renamed', passwordSha256: hash });
    const secret = store.newUplinkSecret(uplinkId('police'));
    expect(store.current().uplinks[0]?.secret?.reveal()).toBe(secret);
    store.putCamera(camera('cam-1', { name: 'renamed', credentials: 'keep' }));
    expect(store.current().cameras[0]?.credentials?.password.reveal()).toBe('canary-camera-cam-1');
  });

  test('a stream key opens its channels until it is revoked or they are gone', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    store.putCamera(camera('cam-3'));
    const all = store.issueStreamKey('recorder');
    const one = store.issueStreamKey('wall', [channelId('cam-3')]);
    expect(store.streamKeys()).toEqual(expect.arrayContaining([all, { ...one, channels: ['cam-3'] }]));
    expect(JSON.stringify(store.streamKeyLabels())).not.toContain(one.password);
    store.removeCamera(cameraId('cam-3'));
    expect(store.streamKeys()).toEqual([all]);
    store.revokeStreamKey(all.username);
    expect(store.streamKeys()).toEqual([]);
  });

  test('the last administrator can neither go nor step down, and names are taken once', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const head = store.addUser('Head', 'administrator', 'hash-1');
    expect(codeAndPaths(() => store.removeUser(head.id)).code).toBe('CONFLICT');
    expect(codeAndPaths(() => store.changeRole(head.id, 'viewer')).code).toBe('CONFLICT');
    expect(codeAndPaths(() => store.addUser('ｈｅａｄ ', 'viewer', 'hash')).code).toBe('CONFLICT');
    const second = store.addUser('Second', 'administrator', 'hash-2');
    store.changePassword(head.id, 'hash-3');
    expect(store.user(head.id)?.passwordHash).toBe('hash-3');
    store.removeUser(head.id);
    expect(store.users()).toEqual([second]);
    expect(store.claim()).toEqual({ open: false });
  });
});

describe('secrets', () => {
  test('stand in no file, no export, no print of the inventory', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const key = store.issueStreamKey('wall');
    const shown = [
      JSON.stringify(store.current()),
      inspect(store.current(), { depth: 10, showHidden: true }),
      exportInventory(store, { users: true }),
      await bytesBelow(folder.path),
    ].join('');
    for (const canary of ['canary-camera', 'canary-uplink', key.password, store.current().uplinks[0]?.secret?.reveal() ?? ''])
      expect(shown).not.toContain(canary);
    expect(store.current().uplinks[0]?.secret?.reveal()).toBe('canary-uplink');
  });

  test('a key file that others can read stops the start, and the sentence says how to mend it', async () => {
    await using folder = await dataFolder();
    await (await openIn(folder.path))[Symbol.asyncDispose]();
    await chmod(join(folder.path, 'box.key'), 0o640);
    await expect(openIn(folder.path)).rejects.toMatchObject({ code: 'KEY_FILE_UNSAFE', message: expect.stringMatching(/mode 0640.*chmod 600/) });
    await chmod(join(folder.path, 'box.key'), 0o600);
    await (await openIn(folder.path))[Symbol.asyncDispose]();
    await writeFile(join(folder.path, 'box.key'), 'short');
    await expect(openIn(folder.path)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  test('with another key the inventory loads, each lost secret is named, and nothing goes on without it', async () => {
    await using folder = await dataFolder();
    {
      await using store = await openIn(folder.path);
      furnish(store);
      store.issueStreamKey('wall');
      await writeFile(join(folder.path, 'box.key'), Buffer.alloc(32, 7));
    }
    await using store = await openIn(folder.path);
    expect(store.unreadable().map(({ code, context }) => [code, context.item])).toEqual([
      ['SECRET_UNREADABLE', 'cameras.cam-1.password'],
      ['SECRET_UNREADABLE', 'cameras.cam-2.password'],
      ['SECRET_UNREADABLE', 'uplinks.police.secret'],
      ['SECRET_UNREADABLE', expect.stringMatching(/^streamKeys\.viewer-/)],
    ]);
    const { cameras, panels, uplinks } = store.current();
    expect([cameras.length, panels.length, uplinks.length]).toEqual([2, 1, 1]);
    expect(() => cameras[0]?.credentials?.password.reveal()).toThrow(/cameras\.cam-1\.password/);
    expect(JSON.stringify(cameras)).toContain('[redacted]');
    expect(store.streamKeys()).toEqual([]);
    store.putCamera(camera('cam-1', { name: 'renamed', credentials: 'keep' }));
    store.putCamera(camera('cam-2', { credentials: { username: 'gateway', password: new Secret('new') } }));
    expect(store.unreadable()).toHaveLength(3);
  });
});

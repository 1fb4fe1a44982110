/** The inventory's file on disk: its schema, older ones, and what is no inventory at all. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { schemaVersion } from '../../../gateway/inventory/database.ts';
import { camera, dataFolder, furnish, openIn } from '../../support/inventory.ts';

describe('the database', () => {
  test('has exactly the schema of the snapshot (write it anew with UPDATE_SCHEMA=1, and only for a new version)', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const fresh = store.ledger.read((database) =>
      database.prepare<[], { sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all(),
    );
    const text = `-- version ${schemaVersion}\n${fresh.map(({ sql }) => `${sql.replace(/\s+/g, ' ')};\n`).join('')}`;
    const file = new URL('../../fixtures/inventory/schema.sql', import.meta.url);
    if (process.env.UPDATE_SCHEMA === '1') await writeFile(file, text);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('of version 1, as boxes in the field have it, opens with everything that was in it, secrets too', async () => {
    await using folder = await dataFolder();
    const fixture = (name: string) => readFile(new URL(`../../fixtures/inventory/version-1/${name}`, import.meta.url), 'utf8');
    await mkdir(folder.path, { mode: 0o700 });
    await writeFile(join(folder.path, 'box.key'), Buffer.from((await fixture('box.key.hex')).trim(), 'hex'), { mode: 0o600 });
    const old = new Database(join(folder.path, 'inventory.sqlite'));
    old.exec(await fixture('inventory.sql'));
    old.close();
    await using store = await openIn(folder.path);
    expect(store.unreadable()).toEqual([]);
    const { cameras, channels, panels, uplinks } = store.current();
    expect(cameras.map(({ id, credentials, fingerprint256 }) => [id, credentials?.password.reveal(), fingerprint256])).toEqual([
      ['cam-1', 'canary-camera-cam-1', undefined],
      ['cam-2', 'canary-camera-cam-2', undefined],
    ]);
    expect([channels.length, panels[0]?.zones[0]?.channels, uplinks[0]?.secret?.readable, store.users().length]).toEqual([
      2,
      ['cam-1', 'cam-2'],
      true,
      1,
    ]);
    const fingerprint256 = Array(32).fill('0F').join(':');
    store.putCamera(camera('cam-1', { address: 'https://10.0.0.1/', credentials: 'keep', fingerprint256 }));
    expect(store.current().cameras[0]?.fingerprint256).toBe(fingerprint256);
  });

  test('opens again as it was, and refuses one of a newer version or one that is no database', async () => {
    await using folder = await dataFolder();
    const file = join(folder.path, 'inventory.sqlite');
    {
      await using store = await openIn(folder.path);
      furnish(store);
    }
    {
      await using store = await openIn(folder.path);
      expect(store.current().cameras).toHaveLength(2);
      expect(
        store.ledger.read((database) => [database.pragma('journal_mode', { simple: true }), database.pragma('synchronous', { simple: true })]),
      ).toEqual(['wal', 2]);
    }
    const database = new Database(file);
    database.pragma(`user_version = ${schemaVersion + 1}`);
    database.close();
    await expect(openIn(folder.path)).rejects.toMatchObject({ code: 'DATA_TOO_NEW' });
    await writeFile(file, 'not a database, but long enough to look at: '.repeat(50));
    await expect(openIn(folder.path)).rejects.toMatchObject({ code: 'INVENTORY_UNREADABLE' });
  });
});

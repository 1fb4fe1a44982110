import { expect, test } from 'vitest';
import { panelId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { importInventory } from '../../../gateway/inventory/import.ts';
import { bytesBelow, dataFolder, openIn, panel } from '../../support/inventory.ts';

test('the key of a panel is sealed, survives an edit and an import of its own export, and can be taken away', async () => {
  await using folder = await dataFolder();
  await using store = await openIn(folder.path);
  const hall = panelId('hall');
  const key = () =>
    store
      .current()
      .panels.find(({ id }) => id === hall)
      ?.secret?.reveal();
  const settings = { account: '5678' };
  store.putPanel(panel('hall', [], { dialect: 'sia-dc09', broker: 'dc09', settings }));
  expect(key()).toBeUndefined();
  store.setPanelSecret(hall, new Secret('canary-key-16-ch'));
  expect(key()).toBe('canary-key-16-ch');
  expect(await bytesBelow(folder.path)).not.toContain('canary-key');

  store.putPanel(panel('hall', [], { dialect: 'sia-dc09', broker: 'dc09', settings, name: 'Hall' }));
  expect(key()).toBe('canary-key-16-ch');
  const exported = exportInventory(store);
  expect(exported).toMatch(/secret: sealed:v1:/);
  expect(importInventory(store, exported, { dryRun: false })).toMatchObject({ adds: [], changes: [], removes: [] });
  importInventory(store, exportInventory(store, { secrets: 'omit' }), { dryRun: false });
  expect(key()).toBe('canary-key-16-ch');
  importInventory(store, exported.replace(/secret: sealed:v1:\S+/, 'secret: canary-new-16-ch'), { dryRun: false });
  expect(key()).toBe('canary-new-16-ch');

  store.setPanelSecret(hall);
  expect(key()).toBeUndefined();
  expect(() => store.setPanelSecret(panelId('nobody'), new Secret('x'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
});

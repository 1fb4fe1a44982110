/** The settings of panels in the inventory file: what they must be, their dialect knows. */
import { describe, expect, test } from 'vitest';
import { settingsProblems } from '../../../gateway/assemble-adapters.ts';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { importInventory } from '../../../gateway/inventory/import.ts';
import { dataFolder, openIn } from '../../support/inventory.ts';

describe("a panel's settings", () => {
  const panels = (settings: string) => `version: 1
panels:
  gatehouse:
    name: Gatehouse
    dialect: esphome
    settings: ${settings}
`;

  test('go out and come in again as they are', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    importInventory(store, panels('{prefix: gatehouse, types: {ac: power.ac}}'), { dryRun: false });
    expect(store.current().panels[0]?.settings).toEqual({ prefix: 'gatehouse', types: { ac: 'power.ac' } });
    expect(importInventory(store, exportInventory(store), { dryRun: false })).toMatchObject({ adds: [], changes: [], removes: [] });
  });

  test('that the dialect does not take are refused with path and line', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const panelProblems = (dialect: string, settings: unknown) => settingsProblems('panel', dialect, settings);
    const problem = (path: string, line: number) => expect.objectContaining({ path, line });
    const refused = (...problems: unknown[]) => expect.objectContaining({ code: 'INVENTORY_INVALID', context: { problems } });
    expect(() => importInventory(store, panels('{prefx: a}'), { dryRun: false, panelProblems })).toThrow(
      refused(problem('panels.gatehouse.settings.prefix', 6), problem('panels.gatehouse.settings.prefx', 6)),
    );
    expect(() => importInventory(store, panels('{}').replace('esphome', 'smoke-signals'), { dryRun: true, panelProblems })).toThrow(
      refused(problem('panels.gatehouse.dialect', 5)),
    );
    expect(store.current().panels).toEqual([]);
  });
});

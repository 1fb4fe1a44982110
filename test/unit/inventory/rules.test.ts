/** The rules of the site in the inventory file. */
import { describe, expect, test } from 'vitest';
import { panelId } from '../../../gateway/domain/ids.ts';
import { exportInventory } from '../../../gateway/inventory/document.ts';
import { importInventory } from '../../../gateway/inventory/import.ts';
import { dataFolder, furnish, openIn } from '../../support/inventory.ts';

const file = (rules: string) => `version: 1\nrules:\n${rules}`;
const now = { dryRun: false };

describe('the rules of the site', () => {
  test('come in by file, go out and in again as they are, and leave with their panel', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const plan = importInventory(store, file('  boiler: {code: "150", type: gas}\n  bench: {panel: panel-1, zone: "9", drill: true}\n'), now);
    expect(plan).toMatchObject({ adds: ['rules.bench', 'rules.boiler'], doubts: [] });
    expect(store.current().rules).toEqual([
      { id: 'bench', panel: 'panel-1', zone: '9', drill: true },
      { id: 'boiler', code: '150', type: 'gas' },
    ]);
    expect(importInventory(store, exportInventory(store), now)).toMatchObject({ adds: [], changes: [], removes: [] });
    store.removePanel(panelId('panel-1'));
    expect(store.current().rules.map(({ id }) => id)).toEqual(['boiler']);
  });

  test('that fit nothing, or say nothing, are refused with path and line', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    furnish(store);
    const refused = (...paths: readonly (readonly [string, number])[]) =>
      expect.objectContaining({
        code: 'INVENTORY_INVALID',
        context: { problems: paths.map(([path, line]) => expect.objectContaining({ path, line })) },
      });
    const rules =
      '  a: {panel: nowhere, severity: 2}\n  b: {zone: "3", drill: true}\n  c: {code: "150"}\n  d: {type: gas}\n  e: {code: "151", type: Gas!}\n  f: {code: "150", severity: 1}\n';
    expect(() => importInventory(store, file(rules), now)).toThrow(
      refused(['rules.a.panel', 3], ['rules.b.panel', 4], ['rules.c', 5], ['rules.d', 6], ['rules.e.type', 7], ['rules.f', 8]),
    );
    expect(() => importInventory(store, file('  a: {code: "150", severity: 5}\n'), now)).toThrow(refused(['rules.a.severity', 3]));
  });

  test('that would make panic milder are taken, and whoever imports them is told', async () => {
    await using folder = await dataFolder();
    await using store = await openIn(folder.path);
    const { doubts } = importInventory(store, file('  quiet: {alarm: panic.silent, severity: 3}\n'), now);
    expect(doubts).toMatchObject([{ item: 'rules.quiet', doubt: { en: 'Panic and fire are above rules: panic.silent will not get severity 3.' } }]);
  });
});

test('the clocks of a panel go out and come in again as they are, and are refused where no clock of a panel goes so', async () => {
  await using folder = await dataFolder();
  await using store = await openIn(folder.path);
  const panels = (clocks: string) => `version: 1\npanels:\n  gate:\n    name: Gate\n    supervision: ${clocks}\n`;
  importInventory(store, panels('{sessionGraceSeconds: 45, testHours: 25, quietDays: 30}'), now);
  expect(store.current().panels[0]?.supervision).toEqual({ sessionGrace: 45_000, testEvery: 90_000_000, quietAfter: 2_592_000_000 });
  expect(importInventory(store, exportInventory(store), now)).toMatchObject({ adds: [], changes: [], removes: [] });
  const bad = () => importInventory(store, panels('{sessionGraceSeconds: 900, testHours: 0.1, quietDays: 0}'), now);
  expect(bad).toThrow(expect.objectContaining({ message: expect.stringMatching(/sessionGraceSeconds[\s\S]*testHours[\s\S]*quietDays/) }));
});

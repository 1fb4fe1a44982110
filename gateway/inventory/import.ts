/** Makes the inventory what a YAML file says, in one transaction, or tells what that would change. */
import type Database from 'better-sqlite3';
import type { Inventory, UplinkSettings } from '../domain/campus.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import { ruleDoubts } from '../domain/site-rules.ts';
import type { Words } from '../domain/words.ts';
import { listed, type Path, type Problem, pathText, problemsOf } from '../runtime/problems.ts';
import { readYaml, type YamlSource } from '../runtime/yaml-source.ts';
import { addDefaultChannels } from './channels.ts';
import { checkInventory } from './check.ts';
import { documentSchema, type InventoryDocument } from './document.ts';
import { incomingOf } from './incoming.ts';
import { clearTable, putRow, type Rows, readRows, type Table } from './rows.ts';
import { snapshotOf } from './snapshot.ts';
import type { InventoryStore } from './store.ts';

export interface ImportPlan {
  /** Items as the file's path names them: `cameras.gate`, `panels.p1.zones.z3`. */
  readonly adds: readonly string[];
  readonly changes: readonly { readonly item: string; readonly fields: readonly string[] }[];
  readonly removes: readonly string[];
  /** Taken all the same. */
  readonly doubts: readonly { readonly item: string; readonly doubt: Words }[];
}

/** What the settings of an uplink name and the inventory has not. */
export type UplinkDoubts = (uplink: UplinkSettings, inventory: Inventory) => readonly Words[];

export interface ImportOptions {
  /** Checks everything and writes nothing. */
  readonly dryRun: boolean;
  /** The adapters know; absent: nobody is asked. */
  readonly uplinkDoubts?: UplinkDoubts;
  /** What is wrong with a panel's dialect and settings; paths `dialect` and `settings.…`. The inventory itself knows no dialect. */
  readonly panelProblems?: (dialect: string, settings: unknown) => readonly Problem[];
}

/** Throws INVENTORY_INVALID with every problem at once (`context.problems`, with lines), and then nothing is changed. */
export function importInventory(store: InventoryStore, yaml: string, options: ImportOptions): ImportPlan {
  const source = readYaml(yaml);
  if (source.problems.length > 0) throw invalid(source.problems);
  const parsed = documentSchema.safeParse(source.value ?? {});
  if (!parsed.success) throw invalid(problemsOf(parsed.error, source.value, source.lineOf));
  try {
    return store.ledger[options.dryRun ? 'rehearse' : 'edit']((database, before) => {
      const incoming = incomingOf(parsed.data, before.rows, store.ledger.sealer);
      for (const table of tables) replaceTable(database, table, incoming.rows);
      addDefaultChannels(database);
      const after = readRows(database);
      const { inventory } = snapshotOf(after, store.ledger.sealer);
      const problems = [
        ...incoming.problems,
        ...lostChannels(parsed.data, before.rows),
        ...lostAdministrator(before.rows, after),
        ...checkInventory(inventory, after),
        ...unfitPanels(inventory, options),
      ];
      if (problems.length > 0) throw new GatewayError('INVENTORY_INVALID', 'The file does not fit together.', { context: { problems } });
      return { ...planOf(before.rows, after), doubts: doubtsIn(inventory, options.uplinkDoubts) };
    });
  } catch (error) {
    if (!isGatewayError(error, 'INVENTORY_INVALID')) throw error;
    throw invalid(withLines(error.context.problems as readonly Problem[], source), error);
  }
}

const tables = [
  'campus',
  'places',
  'cameras',
  'channels',
  'panels',
  'zones',
  'uplinks',
  'rules',
  'streamKeys',
  'users',
] as const satisfies readonly Table[];

function replaceTable<Name extends Table>(database: Database.Database, table: Name, rows: Partial<Rows>): void {
  const list = rows[table];
  if (!list) return;
  clearTable(database, table);
  for (const row of list) putRow<Name>(database, table, row);
}

/** A camera that is new is given a channel; one whose channel the file takes away is a mistake: the platform knows that channel. */
function lostChannels(document: InventoryDocument, before: Rows): Problem[] {
  if (!document.channels) return [];
  const served = new Set(Object.values(document.channels).map(({ camera }) => camera));
  const stays = (id: string) => (document.cameras ? Object.hasOwn(document.cameras, id) : true);
  return before.cameras
    .filter(({ id }) => stays(id) && !served.has(id))
    .map(({ id }) => ({ path: 'channels', expected: `a channel for camera ${id}`, got: 'none' }));
}

function unfitPanels({ panels }: Inventory, { panelProblems }: ImportOptions): Problem[] {
  if (!panelProblems) return [];
  return panels.flatMap(({ id, dialect, settings }) =>
    panelProblems(dialect, settings).map((problem) => ({ ...problem, path: `panels.${id}.${problem.path}` })),
  );
}

function lostAdministrator(before: Rows, after: Rows): Problem[] {
  const any = (rows: Rows) => rows.users.some(({ role }) => role === 'administrator');
  return !any(before) || any(after) ? [] : [{ path: 'users', expected: 'at least one administrator', got: 'none' }];
}

function doubtsIn(inventory: Inventory, uplinkDoubts: UplinkDoubts = () => []): ImportPlan['doubts'] {
  return [
    ...inventory.uplinks.flatMap((uplink) => uplinkDoubts(uplink, inventory).map((doubt) => ({ item: `uplinks.${uplink.id}`, doubt }))),
    ...inventory.rules.flatMap((rule) => ruleDoubts(rule).map((doubt) => ({ item: `rules.${rule.id}`, doubt }))),
  ];
}

function planOf(before: Rows, after: Rows): Omit<ImportPlan, 'doubts'> {
  const was = itemsOf(before);
  const is = itemsOf(after);
  const changes = [...is].flatMap(([item, row]) => {
    const old = was.get(item);
    if (!old) return [];
    const fields = Object.keys(row).filter((name) => row[name] !== old[name]);
    return fields.length > 0 ? [{ item, fields }] : [];
  });
  return { adds: [...is.keys()].filter((item) => !was.has(item)), changes, removes: [...was.keys()].filter((item) => !is.has(item)) };
}

function itemsOf(rows: Rows): Map<string, Readonly<Record<string, unknown>>> {
  const items = new Map<string, Readonly<Record<string, unknown>>>();
  for (const table of tables) {
    for (const row of rows[table]) {
      if (table === 'campus') items.set('campus', row);
      else if ('channels' in row && 'panel' in row) items.set(`panels.${row.panel}.zones.${row.id}`, row);
      else items.set(`${table}.${row.id}`, row);
    }
  }
  return items;
}

/** A path in text back to its parts; ids hold no dot and no bracket. */
function withLines(problems: readonly Problem[], source: YamlSource): Problem[] {
  return problems.map((problem) => {
    const path: Path = [...problem.path.matchAll(/[^.[\]]+/g)].map(([part]) =>
      /^\d+$/.test(part) && problem.path.includes(`[${part}]`) ? Number(part) : part,
    );
    const line = source.lineOf(path);
    return line === undefined || pathText(path) === '' ? problem : { ...problem, line };
  });
}

function invalid(problems: readonly Problem[], cause?: unknown): GatewayError {
  const ordered = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const count = ordered.length === 1 ? '1 problem' : `${ordered.length} problems`;
  return new GatewayError('INVENTORY_INVALID', `The inventory file has ${count}:\n${listed(ordered)}`, { cause, context: { problems: ordered } });
}

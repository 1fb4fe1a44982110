/** What `campus-gateway inventory export|import` do; printing and exit codes are the caller's. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GatewayError } from '../domain/errors.ts';
import type { Clock, Logger } from '../domain/ports.ts';
import { mostYamlBytes } from '../runtime/yaml-source.ts';
import { inventoryFile } from './database.ts';
import { type ExportOptions, exportInventory } from './document.ts';
import { type ImportOptions, type ImportPlan, importInventory } from './import.ts';
import { openInventory, openTransientInventory } from './store.ts';

export interface Printable {
  /** For people, with a line end. */
  readonly text: string;
  /** For `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface CommandSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Without `out`, `text` is the YAML itself. With it, the file is written with mode 0600, whole or not at all. Throws NOT_FOUND where there is no inventory. */
export async function inventoryExport(
  folder: string,
  options: ExportOptions & { readonly out?: string },
  around: CommandSurroundings,
): Promise<Printable> {
  if (!existsSync(inventoryFile(folder))) {
    throw new GatewayError('NOT_FOUND', `There is no inventory in ${folder}.`, { context: { folder } });
  }
  await using store = await openInventory({ folder, ...around });
  const yaml = exportInventory(store, options);
  if (options.out === undefined) return { text: yaml, json: { yaml } };
  const file = resolve(options.out);
  await writeWhole(file, yaml);
  const bytes = Buffer.byteLength(yaml);
  return { text: `Wrote ${file} (${bytes} bytes, mode 0600).\n`, json: { file, bytes } };
}

/** Throws INVENTORY_INVALID with all problems, or CONFIG_UNREADABLE where the file cannot be read. A dry run writes nothing at all. */
export async function inventoryImport(folder: string, file: string, options: ImportOptions & CommandSurroundings): Promise<Printable> {
  const { dryRun, clock, log } = options;
  const yaml = await readText(resolve(file));
  const none = dryRun && !existsSync(inventoryFile(folder));
  await using store = none ? openTransientInventory({ clock, log }) : await openInventory({ folder, clock, log });
  const plan = importInventory(store, yaml, options);
  return { text: describe(plan, dryRun), json: { dryRun, changed: count(plan) > 0, ...plan } };
}

function describe(plan: ImportPlan, dryRun: boolean): string {
  const doubts = plan.doubts.map(({ item, doubt }) => `▲ ${item}: ${doubt.en} · ${doubt.zh}\n`).join('');
  if (count(plan) === 0) return `${doubts}no change\n`;
  const lines = [
    ...plan.adds.map((item) => `+ ${item}`),
    ...plan.changes.map(({ item, fields }) => `~ ${item}: ${fields.join(', ')}`),
    ...plan.removes.map((item) => `- ${item}`),
  ];
  const sum = `${plan.adds.length} to add, ${plan.changes.length} to change, ${plan.removes.length} to remove`;
  return `${lines.join('\n')}\n${doubts}${dryRun ? `Dry run: ${sum}; nothing was written.` : `Imported: ${sum.replaceAll('to add', 'added').replaceAll('to change', 'changed').replaceAll('to remove', 'removed')}.`}\n`;
}

function count(plan: ImportPlan): number {
  return plan.adds.length + plan.changes.length + plan.removes.length;
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > mostYamlBytes) throw new Error(`it has ${size} bytes, more than ${mostYamlBytes}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('CONFIG_UNREADABLE', `${file} could not be read: ${why}.`, { cause, context: { file } });
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${randomBytes(6).toString('hex')}.draft`);
  const opened = await open(draft, 'wx', 0o600);
  try {
    await opened.writeFile(text);
    await opened.sync();
  } finally {
    await opened.close();
  }
  await rename(draft, file);
}

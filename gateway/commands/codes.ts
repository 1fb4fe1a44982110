/** What `campus-gateway codes …` does; printing and exit codes are the caller's. */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { codeDeskOf } from '../assemble-codes.ts';
import { GatewayError } from '../domain/errors.ts';
import { uplinkId } from '../domain/ids.ts';
import type { CodeDesk, CodeKind, CodePlan } from '../domain/platform-codes.ts';
import type { CommandSurroundings, Printable } from '../inventory/cli.ts';
import { openInventory } from '../inventory/store.ts';
import { mostYamlBytes } from '../runtime/yaml-source.ts';

type DryRun = { readonly dryRun: boolean };

export async function showCodes(folder: string, uplink: string, around: CommandSurroundings): Promise<Printable> {
  const book = await atDesk(folder, around, (desk) => desk.book(uplinkId(uplink)));
  const lines = book.codes.flatMap(({ owner, code, groups, doubts }) => [
    `${code}  ${owner}`,
    ...groups.map(
      ({ digits, name, meaning }) => `    ${digits.padEnd(8)} ${name.en} · ${name.zh}: ${meaning ? `${meaning.en} · ${meaning.zh}` : '?'}`,
    ),
    ...doubts.map(({ en, zh }) => `    ▲ ${en} · ${zh}`),
  ]);
  return { text: [...lines, ...missingLines(book.missing)].map((line) => `${line}\n`).join(''), json: { ...book } };
}

/** Throws REQUEST_INVALID with every problem, or CONFIG_UNREADABLE where the file cannot be read. The name's end tells the format. */
export async function importCodes(folder: string, uplink: string, file: string, options: DryRun & CommandSurroundings): Promise<Printable> {
  const content = await bytesOf(resolve(file));
  const format = /\.ya?ml$/i.test(file) ? 'yaml' : 'csv';
  return planned(await atDesk(folder, options, (desk) => desk.issue(uplinkId(uplink), { format, content }, options)), options);
}

export async function allocateCodes(
  folder: string,
  uplink: string,
  options: DryRun & { readonly groups: boolean } & CommandSurroundings,
): Promise<Printable> {
  const kinds: readonly CodeKind[] = options.groups ? ['channel', 'zone', 'group', 'place'] : ['channel', 'zone'];
  return planned(await atDesk(folder, options, (desk) => desk.allocate(uplinkId(uplink), kinds, options)), options);
}

async function atDesk<Result>(folder: string, { clock, log }: CommandSurroundings, ask: (desk: CodeDesk) => Result): Promise<Result> {
  await using store = await openInventory({ folder, clock, log });
  return ask(codeDeskOf(store));
}

function planned(plan: CodePlan, { dryRun }: DryRun): Printable {
  const changed = plan.adds.length + plan.changes.length;
  const lines = [
    ...plan.adds.map(({ owner, code }) => `+ ${code}  ${owner}`),
    ...plan.changes.map(({ owner, before, code }) => `~ ${code}  ${owner} (was ${before})`),
    ...plan.doubts.map(({ owner, code, doubt }) => `▲ ${code}  ${owner}: ${doubt.en} · ${doubt.zh}`),
    ...plan.leftOut.map(({ line, code, why }) => `- ${code}  left out, line ${line}: ${why.en} · ${why.zh}`),
    ...missingLines(plan.missing),
    changed === 0
      ? 'no change'
      : `${plan.adds.length} added, ${plan.changes.length} changed${dryRun ? ' by this file; dry run: nothing was written' : ''}.`,
  ];
  return { text: `${lines.join('\n')}\n`, json: { dryRun, changed: changed > 0, ...plan } };
}

function missingLines(missing: readonly string[]): string[] {
  return missing.length === 0 ? [] : [`without a code, and so not in the platform's catalogue: ${missing.join(', ')}`];
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > mostYamlBytes) throw new Error(`it has ${size} bytes, more than ${mostYamlBytes}`);
    return await readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('CONFIG_UNREADABLE', `${file} could not be read: ${why}.`, { cause, context: { file } });
  }
}

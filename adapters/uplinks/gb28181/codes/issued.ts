/**
 * The table of codes that the bureau has issued: read, matched with the inventory, put into the map of a platform. Nothing is taken unless all of it is
 * right; a word for the kind of a thing that nobody here knows is no mistake, and is told with its line.
 */
import type { Inventory } from '../../../../gateway/domain/campus.ts';
import { zonePath } from '../../../../gateway/domain/health.ts';
import type { CodePlan } from '../../../../gateway/domain/platform-codes.ts';
import type { Words } from '../../../../gateway/domain/words.ts';
import type { Problem } from '../../../../gateway/runtime/problems.ts';
import { decodeManscdp } from '../../../protocols/manscdp/charset.ts';
import { type CodeOwner, codeOfOwner, duplicatesIn, type GbCodes, listCodes, nameOf, withCodes } from './code-map.ts';
import { readIssuedCsv } from './issued-csv.ts';
import { readIssuedYaml } from './issued-yaml.ts';
import { doubtsOfCode, faultOfCode, kindName, kindOfType, type OwnerKind } from './judge.ts';

export type IssuedFormat = 'csv' | 'yaml';

/** One line of the table. `kind` and `id`, or the name that the inventory gives it. */
export interface IssuedCode {
  readonly code: string;
  readonly kind?: OwnerKind | undefined;
  /** What the table calls it instead, and nobody here knows. */
  readonly strangeKind?: string;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly line: number;
  readonly column: number;
}

export interface IssuedTable {
  readonly issued: readonly IssuedCode[];
  readonly problems: readonly Problem[];
}

export interface IssuePlan extends Omit<CodePlan, 'missing'> {
  /** The whole map afterwards; absent where there are problems. */
  readonly codes?: GbCodes;
  readonly problems: readonly Problem[];
}

/** Spreadsheets of Chinese Windows write GB18030, others UTF-8. */
export function issuedText(bytes: Uint8Array): string {
  return decodeManscdp(bytes);
}

/** Adds to the codes that are there, and replaces those of the same owners: doing it twice changes nothing the second time. */
export function planIssued(text: string, format: IssuedFormat, inventory: Inventory, before: Partial<GbCodes>): IssuePlan {
  const { issued, problems: unreadable } = format === 'csv' ? readIssuedCsv(text) : readIssuedYaml(text);
  const none = { adds: [], changes: [], unchanged: 0, doubts: [], leftOut: [] };
  if (unreadable.length > 0) return { problems: unreadable, ...none };
  const problems: Problem[] = [];
  const strangers = issued.filter(isStranger);
  const matched = issued.flatMap((one) => {
    if (isStranger(one)) return [];
    const found = match(one, inventory);
    if ('expected' in found) problems.push({ path: one.id ?? one.name ?? 'code', ...found, line: one.line, column: one.column });
    return 'expected' in found ? [] : [{ ...one, owner: found }];
  });
  const owners = new Map<string, number>();
  for (const { owner, line, column } of matched) {
    const name = nameOf(owner);
    const first = owners.get(name);
    if (first !== undefined) problems.push({ path: name, expected: 'one code for each', got: `a second one, after line ${first}`, line, column });
    else owners.set(name, line);
  }
  const merged = withCodes(before, matched);
  if (merged.device === undefined) problems.push({ path: 'device', expected: 'the code of the gateway itself', got: 'nothing' });
  const codes: GbCodes = {
    ...merged,
    device: merged.device ?? '',
    channels: merged.channels ?? {},
    zones: merged.zones ?? {},
    places: merged.places ?? {},
  };
  // Of two with one code, the one that stands in the table is told: it is what a person can correct.
  const placeOf = (owner: CodeOwner) => matched.find((one) => nameOf(one.owner) === nameOf(owner));
  for (const { owner, code, first } of merged.device === undefined ? [] : duplicatesIn(listCodes(codes))) {
    const [told, other] = placeOf(owner) ? [owner, first] : [first, owner];
    const place = placeOf(told);
    const where = place ? { line: place.line, column: place.column } : {};
    problems.push({ path: nameOf(told), expected: 'a code that nobody else has', got: `${code}, which is of ${nameOf(other)}`, ...where });
  }
  if (problems.length > 0) return { problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)), ...none };
  const compared = matched.map(({ owner, code }) => ({ owner: nameOf(owner), code, before: codeOfOwner(before, owner) }));
  return {
    codes,
    problems,
    adds: compared.filter((one) => one.before === undefined).map(({ owner, code }) => ({ owner, code })),
    changes: compared.flatMap(({ owner, code, before: was }) => (was !== undefined && was !== code ? [{ owner, before: was, code }] : [])),
    unchanged: compared.filter((one) => one.before === one.code).length,
    doubts: matched.flatMap(({ owner, code, strangeKind, line }) => {
      const taken = strangeKind === undefined ? [] : [takenFor(strangeKind, owner.kind, line)];
      return [...taken, ...doubtsOfCode(code, codes.device)].map((doubt) => ({ owner: nameOf(owner), code, doubt }));
    }),
    leftOut: strangers.map(({ line, code, strangeKind }) => ({ line, code, why: nothingOfOurs(strangeKind) })),
  };
}

/** Neither its word nor the type digits of its code say that it is one of the things that a school reports. */
function isStranger(one: IssuedCode): one is IssuedCode & { readonly strangeKind: string } {
  return one.strangeKind !== undefined && /^\d{20}$/.test(one.code) && kindOfCode(one.code) === undefined;
}

function takenFor(word: string, kind: OwnerKind, line: number): Words {
  const { zh, en } = kindName(kind);
  return {
    zh: `第 ${line} 行：不认识类型“${word}”，按编码第 11–13 位当作${zh}`,
    en: `line ${line}: the kind ${JSON.stringify(word)} is not known, it is taken for ${en} by digits 11 to 13 of its code`,
  };
}

function nothingOfOurs(word: string): Words {
  return {
    zh: `不认识类型“${word}”，编码第 11–13 位也不是网关上报的东西`,
    en: `the kind ${JSON.stringify(word)} is not known, and by digits 11 to 13 of its code it is nothing that a gateway reports`,
  };
}

type Mismatch = Pick<Problem, 'expected' | 'got'>;

function match({ code, kind: named, id, name }: IssuedCode, inventory: Inventory): CodeOwner | Mismatch {
  const rounded = roundedBySpreadsheet(code);
  if (rounded)
    return { expected: 'all 20 digits: the column must be text in the spreadsheet, else it rounds', got: JSON.stringify(code.slice(0, 40)) };
  const kind = named ?? kindOfCode(code) ?? 'channel';
  const fault = faultOfCode(kind, code);
  if (fault) return { expected: fault.en, got: JSON.stringify(code.slice(0, 40)) };
  if (kind === 'device' || kind === 'group') return { kind, id: '' };
  const known = candidates(kind, inventory);
  if (id !== undefined && id !== '') {
    return known.some((one) => one.id === id)
      ? { kind, id }
      : { expected: `the id of a ${kind} of the inventory`, got: JSON.stringify(id.slice(0, 60)) };
  }
  const [first, ...others] = known.filter((one) => one.name === name);
  if (first && others.length === 0) return { kind, id: first.id };
  const got = JSON.stringify((name ?? '').slice(0, 60));
  return { expected: `the name of one ${kind} of the inventory`, got: first ? `${got}, which ${others.length + 1} have: give the id` : got };
}

const kindOfCode = (code: string): OwnerKind | undefined => (/^\d{20}$/.test(code) ? kindOfType(Number(code.slice(10, 13))) : undefined);

/** 3.402E+19, or the zeros that are left of a number of 15 exact digits: nobody is given the serial number 0. */
function roundedBySpreadsheet(code: string): boolean {
  return /^\d(\.\d+)?e\+\d+$/i.test(code) || /^\d{14}0{6}$/.test(code);
}

function candidates(
  kind: 'channel' | 'zone' | 'place',
  { channels, panels, places }: Inventory,
): readonly { readonly id: string; readonly name: string }[] {
  switch (kind) {
    case 'channel':
      return channels;
    case 'zone':
      return panels.flatMap((panel) => panel.zones.map((zone) => ({ id: zonePath(panel.id, zone.id), name: zone.name })));
    case 'place':
      return places;
  }
}

/** The bureau's table as YAML, keyed as in the settings: `device`, `group`, and `channels`, `zones`, `places` by id. */
import type { Path, Problem } from '../../../../gateway/runtime/problems.ts';
import { readYaml } from '../../../../gateway/runtime/yaml-source.ts';
import type { IssuedCode, IssuedTable } from './issued.ts';
import type { OwnerKind } from './judge.ts';

const single: ReadonlyMap<string, OwnerKind> = new Map([
  ['device', 'device'],
  ['group', 'group'],
]);
const keyed: ReadonlyMap<string, OwnerKind> = new Map([
  ['channels', 'channel'],
  ['zones', 'zone'],
  ['places', 'place'],
]);

export function readIssuedYaml(text: string): IssuedTable {
  const source = readYaml(text);
  if (source.problems.length > 0) return { issued: [], problems: source.problems };
  const issued: IssuedCode[] = [];
  const problems: Problem[] = [];
  const placeOf = (path: Path) => ({ line: source.lineOf(path) ?? 1, column: source.columnOf(path) ?? 1 });
  const refuse = (path: Path, expected: string, got: string) => {
    problems.push({ path: path.join('.'), expected, got, ...placeOf(path) });
  };
  const take = (path: Path, kind: OwnerKind, id: string | undefined, code: unknown) => {
    if (typeof code === 'string') issued.push({ code: code.trim(), kind, id, ...placeOf(path) });
    // Its last digits are gone by now: it must not be guessed.
    else if (typeof code === 'number') refuse(path, 'a code in quotes, without which YAML reads a number and rounds it', 'a number');
    else refuse(path, 'a code of 20 decimal digits, in quotes', code === null ? 'nothing' : 'a section');
  };
  if (!isSection(source.value)) return { issued, problems: [{ path: '', expected: 'a section of keys', got: 'something else', line: 1, column: 1 }] };
  for (const [key, value] of Object.entries(source.value)) {
    const [one, many] = [single.get(key), keyed.get(key)];
    if (one) take([key], one, undefined, value);
    else if (many && isSection(value)) for (const [id, code] of Object.entries(value)) take([key, id], many, id, code);
    else if (many) refuse([key], 'a section of ids and codes', 'something else');
    else refuse([key], `one of ${[...single.keys(), ...keyed.keys()].join(', ')}`, 'an unknown key');
  }
  return { issued, problems };
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

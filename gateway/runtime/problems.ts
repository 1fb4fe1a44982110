/** What is wrong with a file that a person wrote: every problem at once, each with its path, what was expected, what came, and where. */
import type { z } from 'zod';

export interface Problem {
  /** For example `mqtt.external[0].url`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  /** What came, shortened; never a secret's text. */
  readonly got: string;
  /** 1-based line of the file; absent where the value came from elsewhere, for example from the environment. */
  readonly line?: number;
  /** 1-based, where it is known. */
  readonly column?: number;
}

export type Path = readonly (string | number)[];

const secretName = /(password|passphrase|secret|token|credential|hash|sha256)$/i;
const most = 60;

export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part), '');
}

/** A value as it may stand in a message: short, with control characters escaped, and nothing of a secret. */
export function shown(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a section';
  if (path.some((part) => typeof part === 'string' && secretName.test(part))) return `[redacted] ${typeof value}`;
  const text = typeof value === 'string' ? JSON.stringify(value.replace(/(:\/\/)[^/@]*@/, '$1[redacted]@')) : String(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}

/** The problems behind a zod failure. `lineOf` finds the line of a path, or of its nearest parent. */
export function problemsOf(error: z.ZodError, value: unknown, lineOf: (path: Path) => number | undefined): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, value, lineOf));
}

function problemsOfIssue(issue: z.core.$ZodIssue, value: unknown, lineOf: (path: Path) => number | undefined): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => problem([...path, key], unknownKey(key, knownKeys(issue)), 'an unknown key', lineOf));
  }
  const got = valueAt(value, path);
  return [problem(path, expectedBy(issue), shown(got, path), lineOf)];
}

export function problem(path: Path, expected: string, got: string, lineOf: (path: Path) => number | undefined): Problem {
  const line = lineOf(path);
  return { path: pathText(path), expected, got, ...(line === undefined ? {} : { line }) };
}

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.map((value) => String(value)).join(', ')}`;
    case 'too_small':
      return `${sized[issue.origin] ?? 'a value of'} at least ${issue.minimum}${counted[issue.origin] ?? ''}`;
    case 'too_big':
      return `${sized[issue.origin] ?? 'a value of'} at most ${issue.maximum}${counted[issue.origin] ?? ''}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(expectedBy))].join(', or ');
    case 'invalid_key':
      return `a key that is ${issue.issues.map(expectedBy).join(' and ')}`;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
    case 'unrecognized_keys':
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text (in quotes where it looks like a number)',
  boolean: 'true or false',
  object: 'a section of keys',
  record: 'a section of keys',
  array: 'a list',
};
const sized: Readonly<Record<string, string>> = { number: 'a number of', int: 'a number of', string: 'text of', array: 'a list of' };
const counted: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

/** Known keys travel in the schema's own `error` text (see `section` below): zod does not name them in the issue. */
function knownKeys(issue: z.core.$ZodIssue): readonly string[] {
  return issue.message.startsWith(keysMark) ? issue.message.slice(keysMark.length).split(' ') : [];
}
const keysMark = 'known keys: ';

/** For `z.strictObject(shape, { error: keysOf(shape) })`: lets an unknown key be answered with the nearest known one. */
export function keysOf(shape: Readonly<Record<string, unknown>>): (issue: { readonly code?: string }) => string | undefined {
  return (issue) => (issue.code === 'unrecognized_keys' ? keysMark + Object.keys(shape).join(' ') : undefined);
}

function unknownKey(key: string, known: readonly string[]): string {
  if (known.length === 0) return 'a known key';
  const near = nearest(key, known);
  return near ? `a known key: did you mean ${JSON.stringify(near)}?` : `one of the keys ${known.join(', ')}`;
}

/** The known word at most a third of its letters away; upper and lower case count as equal. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, 64).toLowerCase();
  return known
    .map((candidate) => ({ candidate, distance: distance(short, candidate.toLowerCase()) }))
    .filter(({ candidate, distance: far }) => far <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Damerau-Levenshtein (optimal string alignment): a swap of two neighbours counts once, as it is one slip of the fingers. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, row) => Array.from({ length: b.length + 1 }, (_, column) => (row === 0 ? column : row)));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY;
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i]![j] = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, change, swap);
    }
  }
  return rows[a.length]![b.length]!;
}

/** `line 3: http.port must be …, got …`, one per line; the first fifty, so that a hostile file cannot flood a terminal. */
export function listed(problems: readonly Problem[]): string {
  const lines = problems
    .slice(0, 50)
    .map(({ path, expected, got, ...place }) => `  ${placed(place)}${path || 'the file'}: expected ${expected}, got ${got}`);
  return [...lines, ...(problems.length > 50 ? [`  and ${problems.length - 50} more`] : [])].join('\n');
}

function placed({ line, column }: Pick<Problem, 'line' | 'column'>): string {
  if (line === undefined) return '';
  return column === undefined ? `line ${line}: ` : `line ${line}, column ${column}: `;
}

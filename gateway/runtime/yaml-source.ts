/** Reads YAML that a person wrote, strictly: no aliases, tags, duplicate keys or second document; size, depth and count are capped. */
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';
import { type Path, type Problem, pathText, problem } from './problems.ts';

export const mostYamlBytes = 1024 * 1024;
const mostDepth = 20;
const mostLexemes = 150_000;

/** Names that reach into JavaScript's own objects (CVE-2021-27228 is what comes of allowing them). */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

const coreTags = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;

export interface YamlSource {
  /** Plain objects, lists, text, numbers, booleans and null; undefined for an empty file. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** 1-based line of a path, or of the nearest parent that the file has. */
  lineOf(path: Path): number | undefined;
  /** 1-based column of what stands at a path; undefined where nothing does. */
  columnOf(path: Path): number | undefined;
}

/** Never throws: what cannot be read is a problem. */
export function readYaml(text: string): YamlSource {
  const size = Buffer.byteLength(text);
  if (size > mostYamlBytes) return failed('', `at most ${mostYamlBytes} bytes`, `${size} bytes`);
  const deep = tooDeep(text);
  if (deep !== undefined) return failed('', `at most ${mostDepth} levels`, `deeper nesting`, deep);
  const control = controlCharacter(text);
  if (control !== undefined) return failed('', 'text without control characters', 'a control character', control);

  if (tooMany(text)) return failed('', `at most ${mostLexemes} words and signs`, 'more');

  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
  });
  const places = new Map<string, { readonly line: number; readonly col: number }>();
  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length >= 0; length -= 1) {
      const place = places.get(pathText(path.slice(0, length)));
      if (place !== undefined) return place.line;
    }
    return undefined;
  };
  const columnOf = (path: Path) => places.get(pathText(path))?.col;
  const problems: Problem[] = document.errors.map((error) => ({
    path: '',
    expected: expectedInstead[error.code] ?? 'well-formed YAML',
    got: (error.message.split('\n')[0] ?? error.code).slice(0, 120),
    line: counter.linePos(error.pos[0]).line,
  }));
  if (problems.length > 0) return { value: undefined, problems, lineOf, columnOf };

  const plain = (node: unknown, path: Path): unknown => {
    const start = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : undefined;
    const name = pathText(path);
    if (start !== undefined && !places.has(name)) places.set(name, counter.linePos(start));
    const refuse = (expected: string, got: string): undefined => {
      problems.push(problem(path, expected, got, lineOf));
      return undefined;
    };
    if (path.length > mostDepth) return refuse(`at most ${mostDepth} levels`, 'deeper nesting');
    if (isAlias(node)) return refuse('the value itself', 'a YAML alias');
    if (node === null) return null;
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return refuse('a value', 'something else');
    if (node.anchor !== undefined) return refuse('a value without anchor', 'a YAML anchor');
    if (node.tag !== undefined && !coreTags.test(node.tag)) return refuse('a value without tag', 'a YAML tag');
    if (isScalar(node)) return scalar(node.value) ? node.value : refuse('text, a number, true or false', 'another kind of value');
    if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index]));
    const entries = new Map<string, unknown>();
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      if (typeof key !== 'string' && typeof key !== 'number') {
        refuse('keys that are plain words', 'another kind of key');
        continue;
      }
      const below = [...path, String(key)];
      if (isScalar(pair.key) && pair.key.range) places.set(pathText(below), counter.linePos(pair.key.range[0]));
      if (forbiddenKeys.has(String(key)) || key === '<<') {
        problems.push(problem(below, 'an ordinary key', 'a reserved name', lineOf));
        continue;
      }
      // Checked here, as the parser's own check compares every key with every other: 59 s for 90,000 keys.
      if (entries.has(String(key))) problems.push(problem(below, 'each key once', 'it again', lineOf));
      else entries.set(String(key), plain(pair.value, below));
    }
    return Object.fromEntries(entries);
  };
  const value = document.contents === null ? undefined : plain(document.contents, []);
  return { value: value === null ? undefined : value, problems, lineOf, columnOf };
}

const expectedInstead: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indentation by spaces',
  MULTIPLE_DOCS: 'one document',
  BAD_ALIAS: 'a value without anchor or alias',
};

function scalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
}

function failed(path: string, expected: string, got: string, line?: number): YamlSource {
  return {
    value: undefined,
    problems: [{ path, expected, got, ...(line === undefined ? {} : { line }) }],
    lineOf: () => undefined,
    columnOf: () => undefined,
  };
}

/**
 * The parser recurses, and a megabyte of "[" or "- " takes it minutes: look at the brackets and dashes of each line before it sees them.
 * Counts what stands in quotes as well, which is why the limit here is looser than `mostDepth`. Returns the line.
 */
function tooDeep(text: string): number | undefined {
  const looser = mostDepth * 5;
  let open = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^[\s]*(#|$)/.test(line)) continue;
    for (const character of line) {
      if (character === '[' || character === '{') open += 1;
      else if ((character === ']' || character === '}') && open > 0) open -= 1;
      if (open > looser) return index + 1;
    }
    const leading = /^(?:[ \t]*[-?:](?:[ \t]|$))*/.exec(line)?.[0] ?? '';
    if (leading.replace(/[ \t]/g, '').length > mostDepth || /^ {400}/.test(line)) return index + 1;
  }
  return undefined;
}

/** Each stray sign is an error object of its own in the parser (a megabyte of "}" takes 12 s): count before it sees them. */
function tooMany(text: string): boolean {
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.trim() !== '') count += 1;
    if (count > mostLexemes) return true;
  }
  return false;
}

function controlCharacter(text: string): number | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come in (YAML 1.2 §5.1).
  const at = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  return at < 0 ? undefined : text.slice(0, at).split('\n').length;
}

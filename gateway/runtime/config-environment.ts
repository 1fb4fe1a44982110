/**
 * Settings from the environment: `CAMPUS_GATEWAY__HTTP__PORT=9443` is `http.port`, `CAMPUS_GATEWAY__MQTT__EXTERNAL__0__PASSWORD_FILE` is
 * `mqtt.external[0].passwordFile`. `__` separates levels; case and single `_` do not count. Secrets come only as files, hence always `…_FILE`.
 */
import { configJsonSchema } from './config-schema.ts';
import { nearest, type Path, type Problem, valueAt } from './problems.ts';

const prefix = 'CAMPUS_GATEWAY__';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Overridden {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Which variable gave which path (as `pathText` writes it). */
  readonly variables: ReadonlyMap<string, string>;
}

/** The file's value with what the environment says on top. The value that came is not changed. */
export function overrideFrom(environment: Environment, fileValue: unknown, textOf: (path: Path) => string): Overridden {
  const problems: Problem[] = [];
  const variables = new Map<string, string>();
  let value: unknown = structuredClone(fileValue ?? {});
  const schema = configJsonSchema();
  for (const [variable, text] of Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(prefix) || text === undefined) continue;
    const found = locate(schema, variable.slice(prefix.length).split('__'));
    if ('expected' in found) {
      problems.push({ path: variable, expected: found.expected, got: 'an unknown variable' });
      continue;
    }
    const placed = place(value, found.path, read(text, found.schema));
    if (!placed.done) {
      problems.push({ path: variable, expected: 'a setting whose section or list stands before it', got: `nothing to hold ${textOf(found.path)}` });
      continue;
    }
    value = placed.value;
    variables.set(textOf(found.path), variable);
  }
  return { value, problems, variables };
}

type Found = { readonly path: Path; readonly schema: object } | { readonly expected: string };

function locate(schema: object, parts: readonly string[]): Found {
  let at = schema;
  const path: (string | number)[] = [];
  for (const part of parts) {
    const items = valueAt(at, ['items']);
    if (typeof items === 'object' && items !== null) {
      if (!/^\d{1,2}$/.test(part)) return { expected: `a list index instead of ${JSON.stringify(part.slice(0, 40))}` };
      path.push(Number(part));
      at = items;
      continue;
    }
    const properties = valueAt(at, ['properties']);
    const keys = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
    const wanted = part.replaceAll('_', '').toLowerCase();
    const key = keys.find((known) => known.toLowerCase() === wanted);
    const below = key === undefined ? undefined : valueAt(properties, [key]);
    if (key === undefined || typeof below !== 'object' || below === null) {
      const near = nearest(wanted, keys);
      return {
        expected: near ? `a known setting: did you mean ${JSON.stringify(near)}?` : `one of the settings ${keys.join(', ') || '(none here)'}`,
      };
    }
    path.push(key);
    at = below;
  }
  return { path, schema: at };
}

/** Text as the type that the schema wants; where it does not look like one, it stays text and the schema reports it. */
function read(text: string, schema: object): unknown {
  const type = valueAt(schema, ['type']);
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type === 'array') {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  if (type === 'string') return text;
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

function place(value: unknown, path: Path, leaf: unknown): { readonly done: boolean; readonly value: unknown } {
  const [part, ...rest] = path;
  if (part === undefined) return { done: true, value: leaf };
  if (typeof part === 'number') {
    const list = value ?? [];
    if (!Array.isArray(list) || part > list.length) return { done: false, value };
    const below = place(list[part], rest, leaf);
    return { done: below.done, value: part === list.length ? [...list, below.value] : list.with(part, below.value) };
  }
  const section = value ?? {};
  if (typeof section !== 'object' || Array.isArray(section)) return { done: false, value };
  const below = place(valueAt(section, [part]), rest, leaf);
  return { done: below.done, value: { ...section, [part]: below.value } };
}

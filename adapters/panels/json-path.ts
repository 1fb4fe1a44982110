/** The part of JSONPath that finds one value: `$.alarm.zones[0].name`, `$['报警类型']`. */

export type JsonPath = readonly (string | number)[];

const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[(\d{1,5})\]|\['([^']{1,100})'\]|\["([^"]{1,100})"\]/uy;

/** Undefined where it is no such path. */
export function jsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const path: (string | number)[] = [];
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const found = step.exec(text);
    if (!found || path.length === 16) return undefined;
    const [, plain, index, single, double] = found;
    path.push(index === undefined ? (plain ?? single ?? double ?? '') : Number(index));
  }
  return path;
}

/** Own members only: a name such as `constructor` finds nothing. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = Reflect.get(here, name);
  }
  return here;
}

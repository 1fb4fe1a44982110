/**
 * How values stand in MANSCDP elements, declared once for both ways: reading is tolerant (any case, any order, unknown elements, blanks; Annex A
 * circulates in copies with the case of names corrupted), writing is exact.
 */
import { ProtocolError } from '../protocol-error.ts';
import type { XmlElement } from '../xml.ts';
import { readLocalTime, writeLocalTime } from './local-time.ts';

/** What stands inside one element. */
export interface Form<T> {
  /** Throws ProtocolError. */
  read(element: XmlElement): T;
  /** The whole element, a line for each tag pair. */
  write(name: string, value: T): string;
}

/** An element of other elements. */
export interface RecordForm<T> extends Form<T> {
  /** The lines between its tags. */
  inside(value: T): string;
}

/** Something of an element's children that becomes one property. */
export interface Field<T, Always extends boolean> {
  readonly always: Always;
  /** Undefined where it is missing, empty or nonsense and need not be there; else throws ProtocolError. */
  read(parent: XmlElement): T | undefined;
  write(value: T): string;
}

type Fields = Readonly<Record<string, Field<unknown, boolean>>>;
type TypeOf<F> = F extends Field<infer T, boolean> ? T : never;
type AlwaysThere<F extends Fields> = { readonly [K in keyof F as F[K]['always'] extends true ? K : never]: TypeOf<F[K]> };
type SometimesThere<F extends Fields> = { readonly [K in keyof F as F[K]['always'] extends true ? never : K]?: TypeOf<F[K]> };
export type ValueOf<F> = F extends Form<infer T> ? T : never;

/** Properties in the order in which they are written. */
export function record<F extends Fields>(fields: F): RecordForm<AlwaysThere<F> & SometimesThere<F>> {
  const entries = Object.entries(fields);
  const inside = (value: AlwaysThere<F> & SometimesThere<F>) => {
    const given: Readonly<Record<string, unknown>> = value;
    return entries.map(([property, field]) => (given[property] === undefined ? '' : field.write(given[property]))).join('');
  };
  return {
    inside,
    read(element) {
      const pairs: (readonly [string, unknown])[] = [];
      for (const [property, field] of entries) {
        const value = field.read(element);
        if (value !== undefined) pairs.push([property, value]);
      }
      // The one place where types are asserted: the object has what `fields` says by construction.
      return Object.fromEntries(pairs) as AlwaysThere<F> & SometimesThere<F>;
    },
    write: (name, value) => `<${name}>\r\n${inside(value)}</${name}>\r\n`,
  };
}

/** An element that must be there. The first name is written, all are read. */
export function required<T>(form: Form<T>, ...names: readonly [string, ...string[]]): Field<T, true> {
  return {
    always: true,
    read(parent) {
      const element = childNamed(parent, names);
      if (!element) throw new ProtocolError(`<${names[0]}>`, 'none', `<${parent.name.slice(0, 40)}>`);
      return form.read(element);
    },
    write: (value) => form.write(names[0], value),
  };
}

export function optional<T>(form: Form<T>, ...names: readonly [string, ...string[]]): Field<T, false> {
  return {
    always: false,
    read(parent) {
      const element = childNamed(parent, names);
      if (!element || (element.text === '' && element.children.length === 0)) return undefined;
      return lenient(() => form.read(element));
    },
    write: (value) => form.write(names[0], value),
  };
}

/** An element with any number of others in it: `<List Num="2"><Item>…</Item><Item>…</Item></List>`. */
export function several<T>(form: Form<T>, itemName: string, counted = true): Form<readonly T[]> {
  return {
    read: (element) => element.children.filter(({ name }) => same(name, itemName)).map((item) => form.read(item)),
    write(name, values) {
      const head = counted ? `<${name} Num="${values.length}">` : `<${name}>`;
      return `${head}\r\n${values.map((value) => form.write(itemName, value)).join('')}</${name}>\r\n`;
    },
  };
}

/** The same as a property that is always there: a missing list has no items. One without items is left out, unless `evenEmpty`. */
export function list<T>(form: Form<readonly T[]>, name: string, evenEmpty = false): Field<readonly T[], true> {
  return {
    always: true,
    read(parent) {
      const element = childNamed(parent, [name]);
      return element ? form.read(element) : [];
    },
    write: (values) => (values.length > 0 || evenEmpty ? form.write(name, values) : ''),
  };
}

type Alternatives = Readonly<Record<string, Form<unknown>>>;
/** Which of several elements it is, under its own spelling, and what it says. */
export type OneOf<A extends Alternatives> = { readonly [N in keyof A & string]: { readonly name: N; readonly value: ValueOf<A[N]> } }[keyof A &
  string];

/** All of these elements that are there, in the order in which they stand. One that cannot be read throws. */
export function anyOf<A extends Alternatives>(alternatives: A): Field<readonly OneOf<A>[], true> {
  const forms = new Map(Object.entries(alternatives).map(([name, form]) => [name.toLowerCase(), { name, form }]));
  return {
    always: true,
    read(parent) {
      return parent.children.flatMap((child) => {
        const found = forms.get(child.name.toLowerCase());
        // As in `record`: name and value belong together by construction.
        return found ? [{ name: found.name, value: found.form.read(child) } as OneOf<A>] : [];
      });
    },
    write: (values) => values.map(({ name, value }) => forms.get(name.toLowerCase())?.form.write(name, value) ?? '').join(''),
  };
}

// ---- what an element without children says

export const text: Form<string> = leaf('a text', (value) => value, String);

/** A text that says something: a code, for example. */
export const filled: Form<string> = leaf('a text that is not empty', (value) => value || undefined, String);

/** ms since 1970. */
export const localTime: Form<number> = leaf('a local time', readLocalTime, writeLocalTime);

/** Of at most 15 digits. */
export const integer: Form<number> = leaf('a whole number', (value) => (/^\d{1,15}$/.test(value) ? Number(value) : undefined), String);

/** Degrees, metres, km/h. */
export const decimal: Form<number> = leaf(
  'a number',
  (value) => (/^[+-]?\d{1,15}(\.\d{0,15})?$/.test(value) ? Number(value) : undefined),
  (value) => String(Number(value.toFixed(6))),
);

/** 1 or 0; some recorders say 65535 where they mean 1. */
export const flag: Form<boolean> = leaf(
  '0 or 1',
  (value) => (/^\d{1,9}$/.test(value) ? Number(value) !== 0 : undefined),
  (value) => (value ? '1' : '0'),
);

/** Several in one, with "/" between them. */
export const slashed: Form<readonly string[]> = leaf(
  'texts',
  (value) =>
    value
      .split('/')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  (values) => values.join('/'),
);

export function word<const W extends string>(...words: readonly W[]): Form<W> {
  return leaf(
    words.join(' or '),
    (value) => words.find((each) => same(each, value)),
    (value) => value,
  );
}

/** An element with nothing but text in it. `parse` gives undefined for what it is not. */
export function leaf<T>(what: string, parse: (text: string) => T | undefined, print: (value: T) => string): Form<T> {
  return {
    read(element) {
      const value = parse(element.text);
      if (value === undefined) throw new ProtocolError(what, JSON.stringify(element.text.slice(0, 40)), `<${element.name.slice(0, 40)}>`);
      return value;
    },
    write: (name, value) => `<${name}>${escapeText(print(value))}</${name}>\r\n`,
  };
}

/** Text of a child, whatever the case of its name. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const child = childNamed(parent, [name]);
  return child?.text || undefined;
}

function childNamed(parent: XmlElement, names: readonly string[]): XmlElement | undefined {
  return parent.children.find(({ name }) => names.some((each) => same(name, each)));
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** No numeric references, which small parsers do not know; control characters, which make some refuse the message, are left out. */
function escapeText(value: string): string {
  return value.replace(/[\p{Cc}\ufffe\uffff]/gu, '').replace(/[&<>]/g, (character) => escapes[character]!);
}

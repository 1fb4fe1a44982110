/** What the gateway refuses, in the language of the page, and beside the field that it is about. */
import { Problem } from './api.ts';
import type { Language, Say, TextKey } from './texts.ts';

export function problemText(error: unknown, say: Say, language: Language): string {
  if (!(error instanceof Problem)) return say('wrong');
  return error.words?.[language] ?? error.message;
}

export interface FieldErrors<Field extends string> {
  readonly fields: readonly { readonly name: Field; readonly errors: string[] }[];
  /** What belongs to no field of the form. */
  readonly rest: readonly string[];
}

/**
 * `said`: what each field must be, by its name; `within`: the part of a path that stands before the field, as in `rules.gate-1.type` and
 * `cameras.gate.events[0].schedule[1]`. What is inside of a field is told at that field.
 */
export function fieldErrors<Field extends string>(
  error: unknown,
  { said, within }: { readonly said: Readonly<Record<Field, TextKey>>; readonly within: RegExp },
  { say, language }: { readonly say: Say; readonly language: Language },
): FieldErrors<Field> {
  const problems = error instanceof Problem ? error.problems : [];
  if (problems.length === 0) return { fields: [], rest: [problemText(error, say, language)] };
  const known = Object.keys(said) as Field[]; // of a record that names each
  const at = problems.map(({ path, expected }) => {
    const field = /^[a-z]+/i.exec(path.replace(within, ''))?.[0];
    return { field: known.find((name) => name === field), expected };
  });
  return {
    fields: known
      .filter((name) => at.some(({ field }) => field === name))
      .map((name) => ({ name, errors: [say('mustBe', { what: say(said[name]) })] })),
    rest: at.filter(({ field }) => field === undefined).map(({ expected }) => say('ruleWhole', { expected })),
  };
}

/** Small schemas that others are made of. `.openapi()` exists once this module is loaded. */
import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { canonicalFingerprint, fingerprintPattern } from '../../domain/fingerprint.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';

extendZodWithOpenApi(z);

export { z };

/** Text that the types know as an id. Checked in requests by `idText`; in replies it is ours already. */
export function idOf<Id extends string>(): z.ZodType<Id, Id> {
  return z.string() as z.ZodType<string, string> as z.ZodType<Id, Id>;
}

/** An id that a caller chose. */
export function idText<Id extends string>(): z.ZodType<Id> {
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'an id of 1 to 63 lower-case letters, digits, "-" or "_"') as z.ZodType<string> as z.ZodType<Id>;
}

export const words: z.ZodType<Words> = z.object({ zh: z.string(), en: z.string() }).openapi('Words');
/** Epoch milliseconds. */
export const moment = z.number() as z.ZodType<number> as z.ZodType<Instant>;
export const length = z.number() as z.ZodType<number> as z.ZodType<Millis>;
export const iso = z.string().openapi({ format: 'date-time' });

/** What a person may type on one line: no control characters, no bidirectional overrides that make a name read as another. */
export const plainText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text), 'text without control characters');
export const nameText = plainText(80);

/** SHA-256 of a certificate, however it was pasted. */
export const fingerprint = z
  .string()
  .regex(fingerprintPattern, 'the SHA-256 of a certificate: 64 hexadecimal digits, colons allowed')
  .transform(canonicalFingerprint)
  .openapi({ description: 'SHA-256 of the certificate that an https:// camera must show; case and colons do not matter.' });

/**
 * A property that may be absent, but is never undefined. zod-to-openapi 9.1 calls a property required unless its schema accepts undefined,
 * which `exactOptional` does not: so it is told that it does. Parsing of objects does not go through `safeParse` and stays exact.
 */
export function maybe<Schema extends z.ZodType>(schema: Schema): z.ZodExactOptional<Schema> {
  const exact = z.exactOptional(schema);
  const parse = exact.safeParse;
  exact.safeParse = (value, context) => (value === undefined ? { success: true, data: value as z.output<Schema> } : parse(value, context));
  return exact;
}

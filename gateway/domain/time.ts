/** Time words. An Instant is a moment (epoch milliseconds, UTC); Millis is a length. Neither can stand in for the other. */
declare const brand: unique symbol;

export type Instant = number & { readonly [brand]: 'instant' };
export type Millis = number & { readonly [brand]: 'millis' };

export const instant = (epochMilliseconds: number): Instant => epochMilliseconds as Instant;
export const millis = (count: number): Millis => count as Millis;
export const seconds = (count: number): Millis => (count * 1_000) as Millis;
export const minutes = (count: number): Millis => (count * 60_000) as Millis;
export const hours = (count: number): Millis => (count * 3_600_000) as Millis;

export const after = (from: Instant, length: Millis): Instant => (from + length) as Instant;
export const between = (from: Instant, to: Instant): Millis => (to - from) as Millis;
export const isoOf = (at: Instant): string => new Date(at).toISOString();

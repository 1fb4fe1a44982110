/** Extended data, a letter and its text in brackets of their own (SIA DC-09 annex): what of it we can use. */
import type { Dc09Content } from './message.ts';
import { readTimestamp } from './timestamp.ts';

export interface Dc09Extras {
  /** Degrees, east and north positive. */
  readonly longitude?: number;
  readonly latitude?: number;
  /** When it happened, where that is not when it was sent; epoch milliseconds. */
  readonly occurredAt?: number;
  readonly text?: string;
  /** In words: location, building, room, site. */
  readonly place?: string;
  /** Where pictures or sound are. */
  readonly verification?: string;
}

export function extrasOf({ extended }: Pick<Dc09Content, 'extended'>): Dc09Extras {
  const one = (letter: string) =>
    extended
      .find((part) => part.startsWith(letter))
      ?.slice(1)
      .trim() || undefined;
  const longitude = degrees(one('X'), 180);
  const latitude = degrees(one('Y'), 90);
  const occurred = one('H');
  const occurredAt = occurred === undefined ? undefined : readTimestamp(occurred);
  const place = [one('S'), one('O'), one('L'), one('R')].filter((part) => part !== undefined).join(' ');
  const text = one('I');
  const verification = one('V');
  return {
    ...(longitude === undefined ? {} : { longitude }),
    ...(latitude === undefined ? {} : { latitude }),
    ...(occurredAt === undefined ? {} : { occurredAt }),
    ...(text === undefined ? {} : { text }),
    ...(place === '' ? {} : { place }),
    ...(verification === undefined ? {} : { verification }),
  };
}

/** `121.4737` and `-33.9`, or degrees, hemisphere and minutes: `012W34.1`. */
function degrees(text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const [, whole, side, minutes] = /^(\d{1,3})([EWNS])(\d{1,2}(?:\.\d{1,8})?)$/i.exec(text) ?? [];
  const sign = /[ws]/i.test(side ?? '') ? -1 : 1;
  const value =
    minutes === undefined ? (/^-?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN) : sign * (Number(whole) + Number(minutes) / 60);
  return Math.abs(value) <= most && Number(minutes ?? 0) < 60 ? value : undefined;
}

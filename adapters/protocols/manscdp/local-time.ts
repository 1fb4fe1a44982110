/** Times in MANSCDP: Beijing time without a zone (GB/T 28181 Annex A). Reading is that of the Date header, with or without a fraction or a zone. */
import { parseDate } from '../sip/date.ts';

const beijing = 8 * 3_600_000;
const lastYear = Date.UTC(10_000, 0, 1) - beijing - 1;

/** `2026-01-01T08:00:00`, of a time in ms since 1970. */
export function writeLocalTime(at: number): string {
  return new Date(Math.min(lastYear, Math.max(0, Math.floor(at))) + beijing).toISOString().slice(0, 19);
}

/** ms since 1970; undefined for what is no time. A blank may stand for the T. */
export function readLocalTime(text: string): number | undefined {
  return parseDate(text.trim().replace(' ', 'T'));
}

/** What the clocks of panels are worth: when something happened, and whether it waited in the panel. */
import type { PanelMessage } from '../../gateway/domain/command.ts';
import { type Instant, instant, seconds } from '../../gateway/domain/time.ts';

/** Between the press and the first byte on a new connection, at most. */
const connecting = seconds(1);
/** A live message is never this late. */
const late = seconds(60);
/** After a connect the panel empties its queue; then its heartbeat has told its clock. */
const catchingUp = seconds(60);

/**
 * Whether an event waited because the panel could not reach us: it is older than the connection, or than a minute while a backlog is known.
 * The panel's clock is corrected by its last heartbeat: a slow clock alone must never turn a live panic into history. While no heartbeat
 * has told the offset, its clock is believed only just after a connect, when queues are emptied, or while it admits a backlog.
 */
function waited(message: PanelMessage, deviceTime: Instant): boolean {
  const { receivedAt, connectedAt, clockOffset, queued = 0 } = message;
  const happened = deviceTime - (clockOffset ?? 0);
  const clockKnown = clockOffset !== undefined;
  if (receivedAt - happened > late && (clockKnown || queued > 0)) return true;
  if (connectedAt === undefined || happened >= connectedAt - connecting) return false;
  return clockKnown || receivedAt - connectedAt <= catchingUp;
}

/** Whether it happened while it could not reach us: its broker kept it until we came, or its own time says so. */
export function heardLate(message: PanelMessage, deviceTime: Instant | undefined): boolean {
  return message.kept === true || (deviceTime !== undefined && waited(message, deviceTime));
}

/** A clock that was never set (1970, 2000) or runs in the far future tells nothing: the alarm counts, its time does not. */
export function timeOf(ts: number | string | null | undefined): Instant | undefined {
  if (ts == null) return undefined;
  // ISO 8601 without an offset would be read in the gateway's own zone: take it as UTC instead.
  const text = typeof ts === 'string' && /T[\d:.,]+$/.test(ts) ? `${ts}Z` : ts;
  const at = typeof text === 'number' ? text : Date.parse(text);
  return at >= Date.UTC(2020, 0) && at < Date.UTC(2100, 0) ? instant(Math.round(at)) : undefined;
}

const offsetOf = new Map<string, Intl.DateTimeFormat>();

/**
 * A local time without offset, as many panels write it (`2026-06-01 08:00:00`, with `T` or `/` as well), read in a zone by its IANA name.
 * Of the hour that comes twice when summer time ends, the second; undefined where it is no time.
 */
export function localTimeOf(text: string, timeZone: string): Instant | undefined {
  const [, year, month, day, hour = '0', minute = '0', second = '0'] =
    text.match(/^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?/) ?? [];
  if (year === undefined) return undefined;
  const asUtc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const first = asUtc - offsetAt(asUtc, timeZone);
  return timeOf(asUtc - offsetAt(first, timeZone));
}

/** Milliseconds that the zone is ahead of UTC at this moment. */
function offsetAt(at: number, timeZone: string): number {
  const format =
    offsetOf.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  offsetOf.set(timeZone, format);
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

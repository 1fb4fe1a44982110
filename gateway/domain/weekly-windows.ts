/** Hours of the week in which something counts: `mon-fri 18:00-07:00`, `sat,sun`. Read in the time zone of the campus; pure. */

/** Each as people write it, already known to be readable. */
export type WeeklyWindows = readonly string[];

const names: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const weekMinutes = 7 * 1_440;

/** Minutes of the week from Monday 00:00, `to` exclusive; it may be after Sunday's end, and then goes on on Monday. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Undefined: it cannot be read. A window past midnight belongs to the day on which it begins. */
export function readWindow(text: string): readonly Span[] | undefined {
  const parts = /^([a-z]{3}(?:[-,][a-z]{3})*)(?: +(\d{2}):(\d{2})-(\d{2}):(\d{2}))?$/.exec(text.trim().toLowerCase());
  if (!parts) return undefined;
  const [from, to] = parts[2] === undefined ? [0, 1_440] : [minuteOf(parts[2], parts[3]), minuteOf(parts[4], parts[5])];
  if (from === undefined || to === undefined || from === 1_440 || from === to) return undefined;
  const spans: Span[] = [];
  for (const range of parts[1]!.split(',')) {
    const named = range.split('-').map((name) => names.indexOf(name));
    const [first = -1, last = first] = named;
    if (named.length > 2 || named.includes(-1)) return undefined;
    const count = ((last - first + 7) % 7) + 1;
    for (let index = 0; index < count; index += 1) {
      const midnight = ((first + index) % 7) * 1_440;
      spans.push({ from: midnight + from, to: midnight + (to > from ? to : to + 1_440) });
    }
  }
  return spans;
}

export function isWithin(windows: WeeklyWindows, at: number, timeZone: string): boolean {
  const minute = minuteOfWeek(at, timeZone);
  const holds = ({ from, to }: Span) => (minute >= from && minute < to) || minute + weekMinutes < to;
  return windows.some((text) => readWindow(text)?.some(holds));
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const count = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && count <= 1_440 ? count : undefined;
}

/** Making one costs a millisecond. */
const formats = new Map<string, Intl.DateTimeFormat>();

function minuteOfWeek(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = names.indexOf(part.get('weekday')?.toLowerCase().slice(0, 3) ?? '');
  return day * 1_440 + Number(part.get('hour')) * 60 + Number(part.get('minute'));
}

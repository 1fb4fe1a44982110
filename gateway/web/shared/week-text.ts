/** Hours of the week between what people tick and what the gateway reads: `mon-fri 18:00-07:00`. */
import { readWindow, type WeeklyWindows } from '../../domain/weekly-windows.ts';

export type Day = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export const week: readonly Day[] = [0, 1, 2, 3, 4, 5, 6];

/** One window. Days count from Monday, 0; without hours it is the whole day. */
export interface WeekWindow {
  readonly days: readonly Day[];
  readonly hours?: { readonly from: string; readonly to: string };
}

const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dayLength = 1_440;

/** `7:30` as people type it. */
const twoDigits = (time: string) => time.trim().padStart(5, '0');
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** What cannot be read is left out: the gateway takes nothing of the kind. */
export function weekOf(windows: WeeklyWindows): readonly WeekWindow[] {
  return windows.flatMap((text) => {
    const spans = readWindow(text);
    const first = spans?.[0];
    if (!spans || !first) return [];
    const days = week.filter((day) => spans.some(({ from }) => Math.floor(from / dayLength) === day));
    const [from, length] = [first.from % dayLength, first.to - first.from];
    if (from === 0 && length === dayLength) return [{ days }];
    return [{ days, hours: { from: clock(from), to: clock((from + length) % dayLength) } }];
  });
}

/** Undefined: no day is ticked, or its hours are none. */
export function windowText({ days, hours }: WeekWindow): string | undefined {
  const ranges: string[] = [];
  const sorted = [...days].sort((a, b) => a - b);
  for (let index = 0; index < sorted.length; index += 1) {
    const first = sorted[index]!;
    let last = first;
    while (sorted[index + 1] === last + 1) {
      index += 1;
      last = sorted[index]!;
    }
    ranges.push(first === last ? names[first]! : `${names[first]}-${names[last]}`);
  }
  const text = hours ? `${ranges.join(',')} ${twoDigits(hours.from)}-${twoDigits(hours.to)}` : ranges.join(',');
  return readWindow(text) && text;
}

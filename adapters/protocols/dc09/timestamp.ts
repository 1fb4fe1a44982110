/** `_HH:MM:SS,MM-DD-YYYY`, always UTC: when a message was sent, and within which time it is believed (SIA DC-09 §5.5.1.9). */

/** A message that is older or newer than this by the receiver's clock is refused with NAK; seconds. */
const oldest = 40;
const newest = 20;

export function timestampText(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `_${time.slice(0, 8)},${month}-${day}-${year}`;
}

/** Epoch milliseconds. Undefined where it is no time: panels whose clock was never set write what they like. The underscore may be missing. */
export function readTimestamp(text: string): number | undefined {
  const [, hour, minute, second, month, day, year] = /^_?(\d{1,2}):(\d{1,2}):(\d{1,2}),(\d{1,2})-(\d{1,2})-(\d{4})$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const back = new Date(at);
  // 31 February and 25 o'clock are no times, although Date makes some of them.
  const real = back.getUTCMonth() === Number(month) - 1 && back.getUTCHours() === Number(hour) && Number(minute) < 60 && Number(second) < 60;
  return real && Number(year) >= 1_000 ? at : undefined;
}

export function believable(timestamp: number, now: number): boolean {
  return timestamp >= now - oldest * 1_000 && timestamp <= now + newest * 1_000;
}

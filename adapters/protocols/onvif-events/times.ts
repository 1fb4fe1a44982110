/** Times and durations as cameras write them: mostly xs:dateTime and xs:duration. */

/** xs:dateTime, epoch ms. Without a zone it is UTC, as ONVIF says; a minute 61 (seen) runs over into the next hour. Undefined: nonsense. */
export function readMoment(text: string | undefined): number | undefined {
  const parts = /^\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?\s*$/i.exec(text?.slice(0, 60) ?? '');
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24) return undefined;
  const fraction = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1_000);
  const zone = (parts[8] === '-' ? -1 : 1) * (Number(parts[9] ?? 0) * 60 + Number(parts[10] ?? 0)) * 60_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fraction - zone;
}

/** xs:duration of days and less, ms. Undefined: nonsense. */
export function readDuration(text: string | undefined): number | undefined {
  const parts = /^\s*P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?\s*$/.exec(text?.slice(0, 60) ?? '');
  if (!parts || parts.slice(1).every((part) => part === undefined)) return undefined;
  const [days = 0, hours = 0, minutes = 0, count = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + count) * 1_000);
}

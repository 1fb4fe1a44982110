/** The Date header as registrars write it (gb28181 §3.2): GB/T 28181 means Beijing time without saying so, SIP (RFC 3261 §20.17) means GMT. */

const beijing = 8 * 3_600_000;

/** ms since 1970; undefined where it cannot be read. */
export function parseDate(text: string): number | undefined {
  const iso = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/i.exec(text.trim());
  if (!iso) return /^[a-z]{3}, \d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/i.test(text.trim()) ? known(Date.parse(text)) : undefined;
  const [, year, month, day, hour, minute, second, fraction = '0', zone] = iso;
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return known(wall + Math.trunc(Number(`0.${fraction}`) * 1_000) - offsetOf(zone));
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined) return beijing;
  if (zone.toUpperCase() === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const known = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);

/** The clocks of a panel between the file, which says them in seconds, hours and days, and the domain. */
import type { PanelSupervision } from '../domain/campus.ts';
import { millis } from '../domain/time.ts';
import type { Report } from './check.ts';

interface SupervisionEntry {
  readonly sessionGraceSeconds?: number | undefined;
  readonly testHours?: number | undefined;
  readonly quietDays?: number | undefined;
}

const second = 1_000;
const hour = 3_600_000;
const day = 86_400_000;

export function supervisionEntry({ sessionGrace, testEvery, quietAfter }: PanelSupervision): SupervisionEntry {
  return {
    ...(sessionGrace === undefined ? {} : { sessionGraceSeconds: sessionGrace / second }),
    ...(testEvery === undefined ? {} : { testHours: testEvery / hour }),
    ...(quietAfter === undefined ? {} : { quietDays: quietAfter / day }),
  };
}

export function supervisionOf({ sessionGraceSeconds, testHours, quietDays }: SupervisionEntry): PanelSupervision {
  return {
    ...(sessionGraceSeconds === undefined ? {} : { sessionGrace: millis(Math.round(sessionGraceSeconds * second)) }),
    ...(testHours === undefined ? {} : { testEvery: millis(Math.round(testHours * hour)) }),
    ...(quietDays === undefined ? {} : { quietAfter: millis(Math.round(quietDays * day)) }),
  };
}

/** EN 50136-1 knows path failures from 20 s to 32 d. */
export function checkSupervision(
  path: readonly (string | number)[],
  { sessionGrace, testEvery, quietAfter }: PanelSupervision,
  report: Report,
): void {
  const at = [...path, 'supervision'];
  if (sessionGrace !== undefined && !(sessionGrace >= 0 && sessionGrace <= 180 * second))
    report([...at, 'sessionGraceSeconds'], 'a time from 0 to 180 s', sessionGrace / second);
  if (testEvery !== undefined && !(testEvery >= hour && testEvery <= 32 * day))
    report([...at, 'testHours'], 'a time from 1 to 768 h', testEvery / hour);
  if (quietAfter !== undefined && !(quietAfter >= day && quietAfter <= 366 * day))
    report([...at, 'quietDays'], 'a time from 1 to 366 days', quietAfter / day);
}

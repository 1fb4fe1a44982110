/**
 * A made-up alarm every hour, for the platforms that want it: it goes the whole road, journal, outbox and uplink, and says `test` all the way. Its absence
 * is a fault at the school (health/checks/uplink-proof.ts). It is an event of its own kind: no list of alarms shows it, no clock of an alarm waits for it.
 */
import type { Clock, Logger } from '../domain/ports.ts';
import { type Instant, millis, minutes } from '../domain/time.ts';

export interface TestAlarmsOptions {
  /** When the last one was journalled, also before this start. */
  readonly last: () => Instant | undefined;
  /** Journals one for those who want it; nothing where nobody does. */
  readonly send: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

export const testAlarmEvery = minutes(60);
/** Looked at again as often: the clock may be set, somebody may want it now, the disk may be back. */
const look = minutes(1);

export async function sendTestAlarms({ last, send, clock, log }: TestAlarmsOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const now = clock.now();
    const before = last();
    // One from the future was journalled under a clock that was wrong.
    const left = before === undefined || before > now ? 0 : before + testAlarmEvery - now;
    if (left <= 0) await send().catch((error: unknown) => log.error('test alarm not journalled', { error }));
    await clock.sleep(left <= 0 ? look : millis(Math.min(left, look)), signal).catch(() => undefined); // aborted: the loop ends
  }
}

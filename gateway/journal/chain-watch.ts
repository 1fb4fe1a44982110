/**
 * Looks at the chain of events while the gateway runs: at its end right after the start, at all of it at leisure, and again every day.
 * Nobody waits for it: a box must take alarms within five seconds, whatever became of its file (ADR 0028).
 */
import { GatewayError } from '../domain/errors.ts';
import type { ChainReport, Clock, Logger } from '../domain/ports.ts';
import { hours, millis } from '../domain/time.ts';
import type { OpenJournal } from './journal.ts';

/** Of the newest events, which a power cut or a hasty hand would have met: looked at in some milliseconds. */
const tail = 1_000;
/** Of the time of the main thread, what the look at all of them may take. */
const share = 0.04;
const again = hours(24);

export interface ChainWatch {
  /** What the last look found; undefined: nothing is broken, as far as was looked. */
  broken(): ChainReport['broken'];
  run(signal: AbortSignal): Promise<void>;
}

export function openChainWatch({
  journal,
  clock,
  log,
}: {
  readonly journal: Pick<OpenJournal, 'verify' | 'stats'>;
  readonly clock: Clock;
  readonly log: Logger;
}): ChainWatch {
  let broken: ChainReport['broken'];
  const found = (report: ChainReport) => {
    if (report.broken && report.broken.position !== broken?.position) {
      const { position, what } = report.broken;
      const error = new GatewayError(
        'JOURNAL_BROKEN',
        `Event ${position} of the journal is ${what}; up to event ${report.position} nothing was changed.`,
      );
      log.error('journal chain broken', { error, position, what });
    }
    broken = report.broken;
  };
  return {
    broken: () => broken,
    async run(signal) {
      const newest = await journal.verify({ after: Math.max(0, journal.stats().position - tail), signal });
      if (newest.broken) found(newest);
      while (!signal.aborted) {
        let worked = clock.monotonic();
        const pause = async () => {
          await clock.sleep(millis((clock.monotonic() - worked) / share), signal);
          worked = clock.monotonic();
        };
        const began = worked;
        const whole = await journal.verify({ pause, signal });
        found(whole);
        log.info('journal chain verified', { position: whole.position, took: Math.round(clock.monotonic() - began) });
        await clock.sleep(again, signal);
      }
    },
  };
}

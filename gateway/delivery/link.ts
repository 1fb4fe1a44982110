/**
 * Does the far side answer? Told apart from one delivery that gets no answer: while any other is answered, the link is fine.
 * A silent link is tried with one delivery at a time on a growing back-off, instead of a timer for each of the thousands that wait.
 */
import type { Instant } from '../domain/time.ts';
import { after, millis } from '../domain/time.ts';
import { type BackoffSettings, backoff } from '../runtime/backoff.ts';

export interface Link {
  readonly silent: boolean;
  /** When a silent link is tried next. */
  readonly tryAt: Instant;
  /** Counts the answers: what was sent at the same count has seen no answer to anything since. */
  readonly answers: number;
  answered(): void;
  /** True: nothing at all was answered since that delivery was sent, so the link itself is silent. */
  unanswered(sentAt: { readonly answers: number }, now: Instant): boolean;
  /** A try of the silent link brought no answer. */
  stillSilent(now: Instant): void;
  /** Something new waits for a silent link: try again soon, for the silence may have been one delivery's alone. */
  soon(now: Instant): void;
}

export function openLink(settings: BackoffSettings, now: Instant, random: () => number = Math.random): Link {
  let silent = false;
  let tryAt = now;
  let lastTry = now;
  let answers = 0;
  let failures = 0;
  const wait = (from: Instant) => {
    lastTry = from;
    tryAt = after(from, backoff(settings, failures, random));
    failures += 1;
  };
  return {
    get silent() {
      return silent;
    },
    get tryAt() {
      return tryAt;
    },
    get answers() {
      return answers;
    },
    answered: () => {
      answers += 1;
      silent = false;
      failures = 0;
    },
    unanswered: (sentAt, at) => {
      if (sentAt.answers !== answers) return false;
      if (!silent) {
        silent = true;
        failures = 0;
        wait(at);
      }
      return true;
    },
    stillSilent: (at) => {
      if (silent) wait(at);
    },
    soon: (at) => {
      const earliest = Math.max(at, after(lastTry, millis(settings.first)));
      if (silent && earliest < tryAt) tryAt = after(at, millis(earliest - at));
    },
  };
}

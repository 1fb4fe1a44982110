/** Waiting times between tries: growing, capped, with full jitter so that a thousand boxes do not come back at once. */
import { type Millis, millis } from '../domain/time.ts';

export interface BackoffSettings {
  readonly first: Millis;
  readonly most: Millis;
  /** Share of each wait that is random, 0 to 1. */
  readonly jitter: number;
}

/** The wait before try number `attempt` (0 = the first repeat). `random` is in [0, 1). */
export function backoff(settings: BackoffSettings, attempt: number, random: () => number = Math.random): Millis {
  const full = Math.min(settings.most, settings.first * 2 ** Math.min(attempt, 30));
  return millis(Math.round(full * (1 - settings.jitter * random())));
}

/** Decides when patrol viewing must make do with sub-streams, and when it may try the main streams again. */
import type { Clock } from '../domain/ports.ts';
import { type Millis, millis, seconds } from '../domain/time.ts';
import type { UplinkBudget } from '../runtime/uplink-budget.ts';

const look = seconds(0.25);
/** The first try comes after this long; each one that fails at once doubles it. */
const firstPatience = seconds(20);
const longestPatience = seconds(300);
/** A try that held for this long was no failure. */
const held = seconds(30);

export class Patrol {
  readonly #budget: UplinkBudget;
  readonly #clock: Clock;
  #patience: Millis = firstPatience;
  /** At first: as if it had been refused just now. A worker that follows another finds the account as that one left it. */
  #deniedAt: Millis;
  #releasedAt = Number.NEGATIVE_INFINITY;

  constructor(budget: UplinkBudget, clock: Clock) {
    this.#budget = budget;
    this.#clock = clock;
    this.#deniedAt = clock.monotonic();
  }

  /** Looks until aborted; `settle` is called at every look while there is a limit. */
  async run(settle: (pressed: boolean) => void, signal: AbortSignal): Promise<void> {
    if (this.#budget.limit === 0) return;
    while (!signal.aborted) {
      await this.#clock.sleep(look, signal).catch(() => undefined); // Aborted: the loop ends.
      if (signal.aborted) return;
      this.#judge();
      settle(this.#budget.pressed);
    }
  }

  #judge(): void {
    const now = this.#clock.monotonic();
    const denied = this.#budget.takeDenials() > 0;
    if (denied) this.#deniedAt = now;
    if (denied && !this.#budget.pressed) {
      this.#patience = now - this.#releasedAt < held ? millis(Math.min(this.#patience * 2, longestPatience)) : firstPatience;
      this.#budget.press(true);
    } else if (this.#budget.pressed && now - this.#deniedAt > this.#patience) {
      this.#budget.press(false);
      this.#releasedAt = now;
    }
  }
}

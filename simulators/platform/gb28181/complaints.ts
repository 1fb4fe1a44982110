/** What a device did that the standard, or a platform that runs today, does not put up with. Kept, not punished: tests and people read them. */
import type { Clock } from '../../../gateway/domain/ports.ts';
import type { Instant } from '../../../gateway/domain/time.ts';

export interface Complaint {
  readonly at: Instant;
  /** 20 digits; '' where nobody knows who it was. */
  readonly device: string;
  /** For programs: `sum-num`, `notify-event` … */
  readonly rule: string;
  readonly sentence: string;
}

const mostKept = 1_000;

export class Complaints {
  readonly #clock: Clock;
  readonly #kept: Complaint[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(device: string, rule: string, sentence: string): void {
    this.#kept.push({ at: this.#clock.now(), device, rule, sentence });
    if (this.#kept.length > mostKept) this.#kept.shift();
  }

  all(): readonly Complaint[] {
    return this.#kept.slice();
  }
}

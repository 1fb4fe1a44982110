/** Messages that were sent again because their answer was late or lost: answered again, and not journalled twice. */
import type { Clock } from '../../../gateway/domain/ports.ts';
import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import type { Dc09Message } from '../../protocols/dc09/message.ts';

/** The same to the second of its time. */
const sameBytes = seconds(60);
/** With a new time: as long as a sender tries (3 times, 5 s each). A box that begins to count anew at each press is not taken for one that repeats. */
const newTime = seconds(20);
const most = 4_096;

interface Taken {
  readonly at: Millis;
  readonly timestamp: number | undefined;
  readonly committed: Promise<void>;
}

export class Repeats {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #taken = new Map<string, Taken>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Runs `commit` for a message that is new, and waits for the first one's where it is not. What failed is forgotten: the next try is new. */
  async once(panel: string, message: Dc09Message, commit: () => Promise<void>): Promise<'new' | 'repeated'> {
    const { sequence, token, data, extended, timestamp } = message;
    // A panel that does not count tells its messages apart by their time alone.
    const key = JSON.stringify([panel, sequence, token, data, extended, sequence === 0 ? timestamp : '']);
    const now = this.#clock.monotonic();
    const before = this.#taken.get(key);
    if (before && now - before.at <= (before.timestamp === timestamp ? sameBytes : newTime)) {
      await before.committed;
      return 'repeated';
    }
    const taken: Taken = { at: now, timestamp, committed: commit() };
    this.#taken.delete(key);
    this.#taken.set(key, taken);
    this.#forgetOld(now);
    try {
      await taken.committed;
    } catch (error) {
      if (this.#taken.get(key) === taken) this.#taken.delete(key);
      throw error;
    }
    return 'new';
  }

  #forgetOld(now: Millis): void {
    for (const [key, { at }] of this.#taken) {
      if (now - at <= sameBytes && this.#taken.size <= most) return;
      this.#taken.delete(key);
    }
  }
}

/** What one address may do at the receiver: so many connections, so many messages in a second. */
import type { Clock } from '../../../gateway/domain/ports.ts';
import { Allowance } from '../../../gateway/runtime/allowance.ts';

/** Addresses whose messages are counted at once; of more the one that was counted longest ago begins anew. */
const most = 4_096;

export class Callers {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #messages = new Map<string, Allowance>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** False: too many; it is not answered, and a panel says it again. */
  mayTell(address: string): boolean {
    const known = this.#messages.get(address) ?? new Allowance(this.#clock, this.#perSecond);
    this.#messages.delete(address);
    this.#messages.set(address, known);
    if (this.#messages.size > most) this.#messages.delete(this.#messages.keys().next().value ?? address);
    return known.take();
  }
}

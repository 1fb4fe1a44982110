/**
 * What may leave towards the police side, in bytes per second: one account in memory that all threads share, because pictures leave from
 * several. Any second, wherever it begins, stays within the limit; alarm viewing goes before patrol viewing, and what is watched at the
 * school itself does not count.
 */
import type { StreamPurpose } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';

/** The last second, and the tenth that has begun: together they cover every second that ends now. */
const slotMillis = 100;
const slots = 11;
/** Share of the limit that patrol viewing leaves free at least while alarms are watched: their pictures come in bursts. */
const headroom = 0.25;
/** And it leaves free what alarm viewing took in its fullest second of the last ten, with a little to spare. */
const peakFor = 100;
const spare = 1.1;

/** Places in the shared memory, one number each, then one per slot. */
const at = { limit: 0, pressed: 1, denied: 2, peak: 3, peakAt: 4, epochs: 5, alarm: 5 + slots, patrol: 5 + 2 * slots, end: 5 + 3 * slots };

export class UplinkBudget {
  readonly shared: SharedArrayBuffer;
  readonly #memory: Int32Array;
  readonly #clock: Clock;

  private constructor(shared: SharedArrayBuffer, clock: Clock) {
    this.shared = shared;
    this.#memory = new Int32Array(shared);
    this.#clock = clock;
  }

  /** `bytesPerSecond`: 0 for no limit. */
  static open(bytesPerSecond: number, clock: Clock): UplinkBudget {
    const budget = new UplinkBudget(new SharedArrayBuffer(at.end * Int32Array.BYTES_PER_ELEMENT), clock);
    budget.#memory[at.limit] = bytesPerSecond;
    return budget;
  }

  /** The same account in another thread. */
  static join(shared: SharedArrayBuffer, clock: Clock): UplinkBudget {
    return new UplinkBudget(shared, clock);
  }

  get limit(): number {
    return this.#memory[at.limit]!;
  }

  /** Patrol viewing is to make do with sub-streams. */
  get pressed(): boolean {
    return Atomics.load(this.#memory, at.pressed) !== 0;
  }

  press(pressed: boolean): void {
    Atomics.store(this.#memory, at.pressed, pressed ? 1 : 0);
  }

  /** Times that anything was refused since this was last asked. */
  takeDenials(): number {
    return Atomics.exchange(this.#memory, at.denied, 0);
  }

  /** Bytes that left in the last second. */
  used(): { readonly alarm: number; readonly patrol: number } {
    const epoch = this.#epoch();
    return { alarm: this.#sum(at.alarm, epoch), patrol: this.#sum(at.patrol, epoch) };
  }

  /** May these bytes leave now? Then they are counted. */
  take(bytes: number, purpose: StreamPurpose): boolean {
    const { limit } = this;
    if (limit === 0 || purpose === 'local') return true;
    const epoch = this.#epoch();
    const account = (purpose === 'alarm' ? at.alarm : at.patrol) + (epoch % slots);
    Atomics.add(this.#memory, account, bytes);
    const alarm = this.#sum(at.alarm, epoch);
    const patrol = this.#sum(at.patrol, epoch);
    const kept = this.#kept(alarm, epoch);
    if (alarm + patrol <= limit && (purpose === 'alarm' || patrol <= limit - kept)) return true;
    Atomics.sub(this.#memory, account, bytes);
    Atomics.add(this.#memory, at.denied, 1);
    return false;
  }

  /** What patrol viewing leaves to alarm viewing. */
  #kept(alarm: number, epoch: number): number {
    const fresh = epoch - Atomics.load(this.#memory, at.peakAt) <= peakFor;
    const peak = Math.max(alarm, fresh ? Atomics.load(this.#memory, at.peak) : 0);
    if (peak === alarm) {
      Atomics.store(this.#memory, at.peak, peak);
      Atomics.store(this.#memory, at.peakAt, epoch);
    }
    return peak === 0 ? 0 : Math.max(peak * spare, this.limit * headroom);
  }

  /** The running tenth of a second, with its slot cleared of what stood there a round ago. */
  #epoch(): number {
    const epoch = Math.floor(this.#clock.now() / slotMillis) % 0x7fff_ffff;
    const slot = epoch % slots;
    const found = Atomics.load(this.#memory, at.epochs + slot);
    if (found !== epoch && Atomics.compareExchange(this.#memory, at.epochs + slot, found, epoch) === found) {
      Atomics.store(this.#memory, at.alarm + slot, 0);
      Atomics.store(this.#memory, at.patrol + slot, 0);
    }
    return epoch;
  }

  #sum(accounts: number, epoch: number): number {
    let sum = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      const age = epoch - Atomics.load(this.#memory, at.epochs + slot);
      if (age >= 0 && age < slots) sum += Atomics.load(this.#memory, accounts + slot);
    }
    return sum;
  }
}

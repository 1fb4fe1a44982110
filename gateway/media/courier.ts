/** Tells other threads which fragments lie in their rings. Waking a thread costs it more than a fragment does: once for those of a few milliseconds. */
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../domain/ports.ts';
import { millis } from '../domain/time.ts';

/** Pages play some tenths of a second behind: they do not see it. */
const gathered = millis(4);

export class Courier {
  readonly #clock: Pick<Clock, 'sleep'>;
  #waiting: { readonly port: MessagePort; readonly place: number }[] = [];

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  carry(port: MessagePort, place: number): void {
    if (this.#waiting.push({ port, place }) === 1) void this.#clock.sleep(gathered).then(() => this.deliver());
  }

  /** At once: to be called before anything else is said to a port, which must not overtake them. */
  deliver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { port, place } of waiting) port.postMessage(place);
  }
}

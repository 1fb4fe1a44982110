/** The orders of one camera: one at a time, of a flood of movements the last one counts, and a stop waits for nothing and is tried again. */
import { isGatewayError } from '../../../../gateway/domain/errors.ts';
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../../gateway/domain/time.ts';

export type Axis = 'turning' | 'focus';

interface Order {
  /** Of what moves, and of its stop: a later one takes the place of one that has not begun. */
  readonly axis?: Axis;
  readonly stops?: boolean;
  readonly carryOut: () => Promise<unknown>;
}

interface OrderQueueParts {
  readonly channel: ChannelId;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the waits between orders. */
  readonly signal: AbortSignal;
}

/** Of those without an axis, too. */
const mostOrders = 16;
/** Between the beginnings of two movements: cameras choke on more. */
const movementEvery = millis(100);
/** A stop that did not reach the camera. */
const mostTries = 3;
const triesApart = seconds(1);

export class OrderQueue {
  readonly #parts: OrderQueueParts;
  readonly #orders: Order[] = [];
  #busy = false;
  /** Ends the rest before the next movement. */
  #rest = new AbortController();
  /** When one was last begun. */
  #moved: Millis = millis(Number.NEGATIVE_INFINITY);

  constructor(parts: OrderQueueParts) {
    this.#parts = parts;
  }

  add(order: Order): void {
    const { axis } = order;
    const waiting = axis === undefined ? -1 : this.#orders.findIndex((other) => other.axis === axis);
    if (waiting >= 0) this.#orders.splice(waiting, 1);
    if (axis === undefined && this.#orders.length >= mostOrders) {
      this.#parts.log.warn('camera is given too many orders', { channel: this.#parts.channel });
      return;
    }
    const first = order.stops ? this.#orders.findIndex(({ stops }) => !stops) : -1;
    this.#orders.splice(first < 0 ? this.#orders.length : first, 0, order);
    this.#rest.abort();
    if (!this.#busy) void this.#carryOut();
  }

  async #carryOut(): Promise<void> {
    const { clock, signal } = this.#parts;
    this.#busy = true;
    for (let [next] = this.#orders; next; [next] = this.#orders) {
      const moves = next.axis !== undefined && !next.stops;
      const early = moves ? this.#moved + movementEvery - clock.monotonic() : 0;
      if (early > 0 && !signal.aborted) {
        this.#rest = new AbortController();
        await clock.sleep(millis(early), this.#rest.signal).catch(() => undefined); // something else was said: that may be a stop
        continue;
      }
      this.#orders.shift();
      if (moves) this.#moved = clock.monotonic();
      await this.#try(next);
    }
    this.#busy = false;
  }

  async #try(order: Order): Promise<void> {
    const { channel, clock, log, signal } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        await order.carryOut();
        return;
      } catch (error) {
        log.info('camera not steered', { channel, error });
        const hopeless = tries === mostTries || isGatewayError(error, 'COMMAND_UNSUPPORTED', 'NOT_FOUND');
        // What was said since counts more.
        if (!order.stops || hopeless || signal.aborted || this.#orders.some(({ axis }) => axis === order.axis)) return;
      }
      await clock.sleep(triesApart, signal).catch(() => undefined); // the uplink ends: then it is tried at once
    }
  }
}

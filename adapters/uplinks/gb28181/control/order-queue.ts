/**
 * The orders of one camera: one at a time, and of a flood of movements the last one counts. Stops go beside them: a stop waits for nothing, is tried
 * again, and is sent once more where what it is to stop was under way.
 */
import { isGatewayError } from '../../../../gateway/domain/errors.ts';
import type { ChannelId } from '../../../../gateway/domain/ids.ts';
import type { Clock, Logger } from '../../../../gateway/domain/ports.ts';
import { type Millis, millis, seconds } from '../../../../gateway/domain/time.ts';
import { linked } from '../../../../gateway/runtime/linked.ts';

export type Axis = 'turning' | 'focus';

interface Order {
  /** Of what moves: a later one takes the place of one that has not begun, and a stop that of all. */
  readonly axis?: Axis;
  readonly carryOut: (begun: Begun) => Promise<unknown>;
}

interface Stop {
  readonly axis: Axis;
  readonly carryOut: () => Promise<unknown>;
}

/** An order under way. */
export interface Begun {
  readonly axis: Axis | undefined;
  /** That has been sent since: what has not left yet must not. */
  stop?: Stop;
}

/** A stop that is the last word on its axis. */
interface Stopping {
  /** Ends its tries. */
  over: AbortController;
  onTheWay: boolean;
  tries: number;
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
  #begun: Begun | undefined;
  /** Ends the rest before the next movement. */
  #rest = new AbortController();
  /** When one was last begun. */
  #moved: Millis = millis(Number.NEGATIVE_INFINITY);
  readonly #stopping = new Map<Axis, Stopping>();
  /** Stops that the camera has not answered: what comes after them must not overtake them. */
  readonly #unanswered = new Set<Promise<unknown>>();

  constructor(parts: OrderQueueParts) {
    this.#parts = parts;
  }

  add(order: Order): void {
    const { axis } = order;
    if (axis !== undefined) {
      this.#drop(axis);
      // What was said since counts more.
      this.#stopping.get(axis)?.over.abort();
    } else if (this.#orders.length >= mostOrders) {
      this.#parts.log.warn('camera is given too many orders', { channel: this.#parts.channel });
      return;
    }
    this.#orders.push(order);
    this.#rest.abort();
    if (!this.#busy) void this.#work();
  }

  stop(stop: Stop): void {
    this.#drop(stop.axis);
    if (this.#begun?.axis === stop.axis) this.#begun.stop = stop;
    const stopping = this.#stopping.get(stop.axis);
    if (!stopping?.onTheWay) {
      void this.#send(stop);
      return;
    }
    // Nothing begins to move while one is on its way: it says this too.
    stopping.tries = 0;
    if (stopping.over.signal.aborted) stopping.over = new AbortController();
  }

  #drop(axis: Axis): void {
    const waiting = this.#orders.findIndex((other) => other.axis === axis);
    if (waiting >= 0) this.#orders.splice(waiting, 1);
  }

  async #work(): Promise<void> {
    const { clock, signal } = this.#parts;
    this.#busy = true;
    for (let [next] = this.#orders; next; [next] = this.#orders) {
      if (this.#unanswered.size > 0) {
        await Promise.all(this.#unanswered);
        continue;
      }
      const { axis, carryOut } = next;
      const early = axis === undefined ? 0 : this.#moved + movementEvery - clock.monotonic();
      if (early > 0 && !signal.aborted) {
        this.#rest = new AbortController();
        await clock.sleep(millis(early), this.#rest.signal).catch(() => undefined); // something else was said
        continue;
      }
      this.#orders.shift();
      if (axis !== undefined) this.#moved = clock.monotonic();
      const begun: Begun = { axis };
      this.#begun = begun;
      await this.#try(() => carryOut(begun));
      this.#begun = undefined;
      // The camera may have had the stop before what it was to stop; unless something was said since.
      if (begun.stop && !this.#orders.some((other) => other.axis === axis)) void this.#send(begun.stop);
    }
    this.#busy = false;
  }

  async #send({ axis, carryOut }: Stop): Promise<void> {
    const { clock, signal } = this.#parts;
    this.#stopping.get(axis)?.over.abort();
    const stopping: Stopping = { over: new AbortController(), onTheWay: true, tries: 0 };
    this.#stopping.set(axis, stopping);
    for (;;) {
      stopping.onTheWay = true;
      stopping.tries += 1;
      const trying = this.#try(carryOut);
      this.#unanswered.add(trying);
      const outcome = await trying;
      this.#unanswered.delete(trying);
      stopping.onTheWay = false;
      if (outcome !== 'failed' || stopping.tries >= mostTries || signal.aborted || stopping.over.signal.aborted) break;
      using rest = linked(signal, stopping.over.signal);
      await clock.sleep(triesApart, rest.signal).catch(() => undefined); // the uplink ends: then it is tried at once
      if (stopping.over.signal.aborted) break;
    }
    if (this.#stopping.get(axis) === stopping) this.#stopping.delete(axis);
  }

  async #try(carryOut: () => Promise<unknown>): Promise<'done' | 'failed' | 'hopeless'> {
    const { channel, log } = this.#parts;
    try {
      await carryOut();
      return 'done';
    } catch (error) {
      log.info('camera not steered', { channel, error });
      return isGatewayError(error, 'COMMAND_UNSUPPORTED', 'NOT_FOUND') ? 'hopeless' : 'failed';
    }
  }
}

/** Plays the far side of an uplink by a rule, and keeps a ledger of what reached it, unfiltered. */

import { type DispatcherOptions, runDispatcher } from '../../gateway/delivery/dispatcher.ts';
import type { Delivery, DeliveryBody } from '../../gateway/domain/delivery.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { UplinkId } from '../../gateway/domain/ids.ts';
import type { Outbox } from '../../gateway/domain/outbox.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { police } from './spine.ts';

/** `down`: fails at once · `silent`: takes it and never answers. */
export type Behaviour = 'accept' | 'refuse' | 'down' | 'silent';

export interface Arrival {
  readonly delivery: Delivery;
  readonly body: DeliveryBody;
}

export class FarSide {
  readonly id: UplinkId = police;
  readonly window: number;
  /** What was accepted, in order. */
  readonly ledger: Arrival[] = [];
  tries = 0;
  mostInFlight = 0;
  behave: (delivery: Delivery) => Behaviour = () => 'accept';
  /** Milliseconds until it answers. */
  latency = 0;
  #inFlight = 0;

  constructor(window = 8) {
    this.window = window;
  }

  async deliver(delivery: Delivery, signal: AbortSignal, left: () => void): Promise<{ proof: string }> {
    this.tries += 1;
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    try {
      if (this.latency > 0) await systemClock.sleep(millis(this.latency), signal);
      const behaviour = this.behave(delivery);
      if (behaviour !== 'down') left();
      switch (behaviour) {
        case 'accept':
          this.ledger.push({ delivery, body: JSON.parse(delivery.body) });
          return { proof: 'HTTP 202' };
        case 'refuse':
          throw new GatewayError('DELIVERY_REFUSED', 'HTTP 422');
        case 'down':
          throw new Error('connection refused');
        case 'silent':
          return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      }
    } finally {
      this.#inFlight -= 1;
    }
  }
}

export interface Dispatching extends AsyncDisposable {
  readonly refusals: { readonly delivery: Delivery; readonly reason: string }[];
}

/** Runs a dispatcher with short waits until disposed. */
export function dispatching(outbox: Outbox, uplink: FarSide, more: Partial<DispatcherOptions> & { clock?: Clock } = {}): Dispatching {
  const ended = new AbortController();
  const refusals: Dispatching['refusals'] = [];
  const life = runDispatcher(
    {
      uplink,
      outbox,
      clock: systemClock,
      log: silentLogger,
      deadline: millis(300),
      unanswered: { first: millis(20), most: millis(200), jitter: 0.3 },
      onRefused: (delivery, reason) => refusals.push({ delivery, reason }),
      ...more,
    },
    ended.signal,
  );
  return {
    refusals,
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await life;
    },
  };
}

/** Waits until `claim` holds; fails with what it last saw. */
export async function until(claim: () => boolean, within = 60_000): Promise<void> {
  const end = performance.now() + within;
  while (!claim()) {
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${claim}`);
    await systemClock.sleep(millis(5));
  }
}

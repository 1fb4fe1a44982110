/** One try of one delivery: what came of it, said in values. */
import type { Delivery } from '../domain/delivery.ts';
import { isGatewayError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Uplink } from '../domain/uplink-ports.ts';

export type Outcome =
  | { readonly kind: 'accepted'; readonly sentAt: Instant; readonly acceptedAt: Instant; readonly proof: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unanswered'; readonly reason: string }
  | { readonly kind: 'aborted' };

export interface Attempting {
  readonly uplink: Pick<Uplink, 'deliver'>;
  readonly clock: Clock;
  readonly deadline: Millis;
}

/** Never rejects. Only DELIVERY_REFUSED is a refusal; everything else, the deadline too, is no answer. */
export async function attempt({ uplink, clock, deadline }: Attempting, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const sentAt = clock.now();
  using limit = clock.deadline(deadline, signal);
  try {
    // The deadline is kept here too: an uplink that forgets its signal must not keep a place in the window for ever.
    const { proof } = await Promise.race([uplink.deliver(delivery, limit), whenAborted(limit)]);
    return { kind: 'accepted', sentAt, acceptedAt: clock.now(), proof };
  } catch (error) {
    if (isGatewayError(error, 'DELIVERY_REFUSED')) return { kind: 'refused', reason: error.message };
    if (signal.aborted) return { kind: 'aborted' };
    if (limit.aborted && error === limit.reason) return { kind: 'unanswered', reason: `No answer within ${deadline} ms.` };
    return { kind: 'unanswered', reason: error instanceof Error ? error.message : String(error) };
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

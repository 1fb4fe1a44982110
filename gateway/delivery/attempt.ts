/** One try of one delivery: what came of it, said in values. */
import type { Delivery } from '../domain/delivery.ts';
import { isGatewayError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports.ts';
import { between, type Instant, type Millis } from '../domain/time.ts';
import type { Uplink } from '../domain/uplink-ports.ts';

interface Left {
  /** Absent: it did not leave the box. */
  readonly sentAt?: Instant;
}

export type Outcome =
  | (Left & { readonly kind: 'accepted'; readonly acceptedAt: Instant; readonly took: Millis; readonly proof: string })
  | (Left & { readonly kind: 'refused' | 'unanswered'; readonly reason: string })
  | { readonly kind: 'aborted' };

export type Acceptance = Extract<Outcome, { kind: 'accepted' }>;

export interface Attempting {
  readonly uplink: Pick<Uplink, 'deliver'>;
  readonly clock: Clock;
  readonly deadline: Millis;
}

/** Never rejects. Only DELIVERY_REFUSED is a refusal; everything else, the deadline too, is no answer. */
export async function attempt({ uplink, clock, deadline }: Attempting, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const begunAt = clock.now();
  let leftAt: Instant | undefined;
  const left = () => {
    leftAt ??= clock.now();
  };
  const sent = (): Left => (leftAt === undefined ? {} : { sentAt: leftAt });
  const failed = (kind: 'refused' | 'unanswered', reason: string): Outcome => ({ kind, reason, ...sent() });
  using limit = clock.deadline(deadline, signal);
  try {
    // The deadline is kept here too: an uplink that forgets its signal must not keep a place in the window for ever.
    const { proof } = await Promise.race([uplink.deliver(delivery, limit, left), whenAborted(limit)]);
    const acceptedAt = clock.now();
    return { kind: 'accepted', acceptedAt, took: between(leftAt ?? begunAt, acceptedAt), proof, ...sent() };
  } catch (error) {
    if (isGatewayError(error, 'DELIVERY_REFUSED')) return failed('refused', error.message);
    if (signal.aborted) return { kind: 'aborted' };
    if (limit.aborted && error === limit.reason) return failed('unanswered', `No answer within ${deadline} ms.`);
    return failed('unanswered', error instanceof Error ? error.message : String(error));
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

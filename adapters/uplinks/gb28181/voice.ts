/** How a part of an uplink speaks to its platform; the link is one. */
import type { Clock } from '../../../gateway/domain/ports.ts';
import { millis, seconds } from '../../../gateway/domain/time.ts';
import type { ManscdpMessage } from '../../protocols/manscdp/message.ts';
import type { SipContent } from '../../protocols/sip/compose.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { isSuccess } from '../../protocols/sip/status.ts';

export interface Voice {
  /** A MESSAGE to the server, or `to` another code there. Resolves with the final response, whatever it is; rejects with a SipFailure. */
  tell(message: ManscdpMessage, signal: AbortSignal, more?: { readonly to?: string }): Promise<SipResponse>;
  bodyOf(message: ManscdpMessage): NonNullable<SipContent['body']>;
  /** For what we begin ourselves. */
  nextSn(): number;
}

/** A platform that is slower than that is not waited for: it is told the rest at a fixed pace. */
const patience = seconds(5);
const pace = millis(100);

/**
 * The messages of one long answer, each after the 200 of the one before (facts §4.3). True: all of them were acknowledged. Stops at a refusal, which
 * means that the platform has forgotten us. Rejects with the signal's reason.
 */
export async function tellInTurn(
  messages: readonly ManscdpMessage[],
  { tell, clock }: { readonly tell: (message: ManscdpMessage) => Promise<SipResponse>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<boolean> {
  const answers: Promise<boolean>[] = [];
  let waits = true;
  for (const message of messages) {
    signal.throwIfAborted();
    const answer = tell(message).then(
      ({ status }) => isSuccess(status),
      () => false,
    );
    answers.push(answer);
    const heard = await heardWithin(answer, waits ? patience : pace, clock, signal);
    if (heard === false) return false;
    waits &&= heard === true;
  }
  return (await Promise.all(answers)).every((acknowledged) => acknowledged);
}

/** Undefined: not in time. */
async function heardWithin(answer: Promise<boolean>, length: typeof patience, clock: Clock, signal: AbortSignal): Promise<boolean | undefined> {
  using limit = clock.deadline(length, signal);
  const late = new Promise<undefined>((resolve) => limit.addEventListener('abort', () => resolve(undefined), { once: true }));
  return await Promise.race([answer, late]);
}

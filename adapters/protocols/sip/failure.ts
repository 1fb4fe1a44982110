/** Why a request got no answer, or a dialog ended. The adapter that called turns it into a coded error. */

/**
 * silent: no final answer in time · unreachable: the network refused to carry it, or nobody took the connection · closed: the connection or our
 * endpoint was closed meanwhile · full: a table of ours is full · unacknowledged: our 2xx to an INVITE never got its ACK · ended: the dialog is over
 */
export type SipFailureReason = 'silent' | 'unreachable' | 'closed' | 'full' | 'unacknowledged' | 'ended';

export class SipFailure extends Error {
  override readonly name = 'SipFailure';
  readonly reason: SipFailureReason;

  /** `sentence` goes on from the name of the far side: "did not answer REGISTER within 32 s." */
  constructor(reason: SipFailureReason, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

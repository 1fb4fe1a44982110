/** What the parts of an endpoint share. */
import { setMaxListeners } from 'node:events';
import type { Timers } from '../timers.ts';
import { SipFailure } from './failure.ts';
import type { SipAddress, SipFlow, SipPeer } from './flow.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { isFinal } from './status.ts';
import { enough } from './timing.ts';
import type { Transactions } from './transactions.ts';

/**
 * noise: bytes that are no SIP, or from an address that may not speak here · refused: a request that makes no sense, and was told so ·
 * stray: an answer or an ACK that belongs to nothing · sequence: a CSeq that does not grow · full: a table of ours is full ·
 * unacknowledged: the ACK never came · handler: our own handler threw
 */
export type SipTroubleKind = 'noise' | 'refused' | 'stray' | 'sequence' | 'full' | 'unacknowledged' | 'handler';

/** Worth a line in a log, not more: whoever hears of it limits how often. */
export interface SipTrouble {
  readonly kind: SipTroubleKind;
  readonly remote: SipAddress;
  readonly sentence: string;
  readonly cause?: unknown;
}

export interface SipContext {
  readonly timers: Timers;
  readonly userAgent: string;
  readonly transactions: Transactions;
  /** An open connection, or a new one. Rejects with a SipFailure. */
  flowTo(peer: SipPeer): Promise<SipFlow>;
  trouble(trouble: SipTrouble): void;
}

export interface ExchangeEars {
  /** The kernel has it. */
  sent?(flow: SipFlow): void;
  provisional?(response: SipResponse): void;
  /** A 2xx of an INVITE, the first and each repetition: each wants its ACK. */
  success?(response: SipResponse): void;
}

/** The final response, whatever its status. Rejects with a SipFailure, or with the signal's reason: then nothing is sent again, but an INVITE is seen to its end. */
export function exchange(
  context: SipContext,
  request: SipRequest,
  flow: SipFlow,
  signal: AbortSignal,
  ears: ExchangeEars = {},
): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const done = new AbortController();
    // Many requests hang on one life; their number says nothing about a leak.
    setMaxListeners(0, signal);
    const invite = request.method === 'INVITE';
    const response = (one: SipResponse) => {
      if (!isFinal(one.status)) {
        ears.provisional?.(one);
        return;
      }
      if (invite && one.status < 300) ears.success?.(one);
      done.abort(enough);
      resolve(one);
    };
    const failed = (failure: SipFailure) => {
      done.abort(enough);
      reject(failure);
    };
    try {
      const transaction = context.transactions.ask(request, flow, { response, failed, sent: () => ears.sent?.(flow) });
      const abandon = () => {
        reject(signal.reason);
        if (!invite) transaction.abandon();
      };
      signal.addEventListener('abort', abandon, { once: true, signal: done.signal });
    } catch (error) {
      done.abort(enough);
      reject(error instanceof Error ? error : new SipFailure('unreachable', String(error)));
    }
  });
}

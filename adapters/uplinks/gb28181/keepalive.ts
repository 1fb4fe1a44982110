/** Whether the platform still knows us: the answer to each keepalive tells (facts §3.3). */

import { type Millis, seconds } from '../../../gateway/domain/time.ts';
import { backoff } from '../../../gateway/runtime/backoff.ts';
import { SipFailure } from '../../protocols/sip/failure.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import type { PlatformLink, Registration } from './link.ts';
import { forgetting, type Trouble } from './trouble.ts';

/** For an answer, and between keepalives while there is none. */
const patience = seconds(5);

export interface KeepaliveEars {
  /** Each answer that says "fine". */
  answered(response: SipResponse): void;
}

/** Resolves with why the registration no longer holds; rejects with the signal's reason. The first one goes at once. */
export async function keepAlive(link: PlatformLink, registration: Registration, ears: KeepaliveEars, signal: AbortSignal): Promise<Trouble> {
  const { clock } = link.context;
  for (let misses = 0; ; ) {
    const sent = clock.monotonic();
    const answer = await askAlive(link, registration, signal);
    if (answer && answer.status >= 200 && answer.status < 300) {
      misses = 0;
      ears.answered(answer);
      const { every } = link.basics;
      // 20 s are 19 to 20: never later than the platform was promised. Set anew, it goes at once: the platform counts from now.
      await link.sleep(backoff({ first: seconds(every), most: seconds(every), jitter: 0.05 }, 0), signal);
      continue;
    }
    if (answer && forgetting.has(answer.status)) return { kind: 'forgotten', status: answer.status };
    misses += 1;
    if (misses >= link.basics.misses) return { kind: 'lost', misses };
    await clock.sleep(rest(sent, clock.monotonic()), signal);
  }
}

/** One keepalive. Undefined: no answer within 5 s, or the network would not carry it. */
export async function askAlive(
  link: PlatformLink,
  { endpoint, peer, ...server }: Registration,
  signal: AbortSignal,
): Promise<SipResponse | undefined> {
  const { device } = link.settings.codes;
  using limit = link.context.clock.deadline(patience, signal);
  try {
    const order = link.messageTo(
      { ...server, peer },
      { root: 'Notify', cmdType: 'Keepalive', sn: link.nextSn(), deviceId: device, content: { status: 'OK', failed: [] } },
    );
    return await endpoint.ask(order, peer, limit);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (limit.aborted || error instanceof SipFailure) return undefined;
    throw error;
  }
}

const rest = (sent: Millis, now: Millis): Millis => seconds(Math.max(0, patience - (now - sent)) / 1_000);

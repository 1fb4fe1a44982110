/**
 * What was given up must not come all the same. Over TCP it lies in a connection that stands still, and would arrive when the line is well again: after it
 * was sent anew, or after another way has brought it. So that connection is reset, unless it still speaks: who leaves one alarm unanswered, and answers a
 * keepalive that was sent behind it, has had it, and is left alone.
 */
import { type Millis, millis } from '../../../../gateway/domain/time.ts';
import type { SipEndpoint } from '../../../protocols/sip/endpoint.ts';
import type { SipFlow } from '../../../protocols/sip/flow.ts';
import { askAlive } from '../keepalive.ts';
import type { PlatformLink } from '../link.ts';

interface Leaving {
  readonly endpoint: SipEndpoint;
  /** When it is given up; on the clock that never jumps. */
  readonly at: Millis;
  readonly signal: AbortSignal;
}

export interface Recallable {
  /** It has left by this connection, among others perhaps. */
  left(flow: SipFlow): void;
  /** It was given up without an answer. Leaves the connections that it lies in, where nothing came of them since there were doubts. */
  recall(): void;
}

export class Recalls {
  readonly #link: PlatformLink;
  #answers = 0;
  #asking: Promise<void> | undefined;

  constructor(link: PlatformLink) {
    this.#link = link;
  }

  /** Any answer to an alarm: somebody is there. */
  answered(): void {
    this.#answers += 1;
  }

  watch({ endpoint, at, signal }: Leaving): Recallable {
    const { clock } = this.#link.context;
    const ways = new Set<SipFlow>();
    const began = clock.monotonic();
    let answersAtDoubt: number | undefined;
    const doubt = () => {
      answersAtDoubt = this.#answers;
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
    };
    return {
      left: (flow) => {
        if (flow.transport !== 'TCP') return;
        ways.add(flow);
        // Half of the time that is left is given to the alarm alone.
        if (ways.size === 1) clock.sleep(millis((at - clock.monotonic()) / 2), signal).then(doubt, () => undefined); // over
      },
      recall: () => {
        if (answersAtDoubt !== this.#answers) return;
        this.#link.mute(Math.round((clock.monotonic() - began) / 1_000));
        for (const { transport, remote, closed } of ways) if (!closed.aborted) endpoint.leave({ transport, ...remote });
      },
    };
  }

  async #ask(): Promise<void> {
    const { registration } = this.#link;
    if (registration && (await askAlive(this.#link, registration, registration.lost).catch(() => undefined))) this.#answers += 1;
  }
}

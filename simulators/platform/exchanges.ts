/** What becomes of a delivery, whichever way it came in: into the ledger first, then an answer, late or never, as the behaviour of the moment says. */
import { type Answer, answerTo, type Behaviour, type Desk } from './behaviour.ts';
import type { LedgerRow } from './ledger.ts';

export interface Delivered extends Omit<LedgerRow, 'arrivedAt' | 'answer'> {
  /** What carries the answer: a response, or the whole connection. */
  readonly carrier: Carrier;
}

interface Carrier {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface Exchanges {
  /** Resolves with what to answer when it is time to; undefined: never, the carrier is left hanging. */
  answer(delivered: Delivered): Promise<Exclude<Answer, 'none'> | undefined>;
  /** Ends every exchange that silence left hanging. */
  letGo(): void;
}

export function openExchanges({ clock, behaviour: now, arrived }: Desk, signal: AbortSignal): Exchanges {
  const hanging = new Set<Carrier>();
  return {
    async answer({ carrier, ...row }) {
      const behaviour = now();
      const answer = row.signatureOk === false && behaviour.kind !== 'silent' ? 'refused' : answerTo(behaviour, row.eventId, row.body);
      arrived({ arrivedAt: clock.now(), ...row, answer });
      if (answer === 'none') {
        hanging.add(carrier);
        carrier.once('close', () => hanging.delete(carrier));
        return undefined;
      }
      await dawdle(behaviour);
      return answer;
    },
    letGo() {
      for (const carrier of hanging) carrier.destroy();
      hanging.clear();
    },
  };

  /** Waits as a slow platform does; resolves at once for every other behaviour, and early when the simulator ends. */
  async function dawdle(behaviour: Behaviour): Promise<void> {
    if (behaviour.kind === 'slow') await clock.sleep(behaviour.by, signal).catch(() => undefined);
  }
}

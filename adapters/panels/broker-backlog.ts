/**
 * What a broker kept for our session while we were away comes first, without a mark, in the shape of what is said now. It ends with the first state that our
 * subscribing calls up: brokers hand that in behind the line, if it is of QoS 1 or 2 (one of QoS 0 does not wait). Where no such state is kept, a pause ends
 * it. In doubt a message is of now (ADR 0011).
 */
import type { Clock } from '../../gateway/domain/ports.ts';
import { type Millis, millis, minutes, seconds } from '../../gateway/domain/time.ts';

/** Who was away for less has kept nobody waiting for longer than a live message may take. */
const soonBack = minutes(1);
/** Between two messages of the line, at most. */
const pause = seconds(5);
/** Of the whole line, where no state marks its end. */
const longest = minutes(1);

interface Carried {
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

export interface Backlog {
  connected(sessionPresent: boolean): void;
  /** The broker has granted our topics: copies that come before this were called up by a life before ours. */
  subscribed(): void;
  left(): void;
  /** Of each message, before it is taken: it waited for us. */
  waited(message: Carried): boolean;
  /** A message was taken: the next may come. */
  taken(): void;
}

/** `awayBefore`: how long nobody was there before this process began; undefined, nobody knows: for long. */
export function openBacklog(clock: Pick<Clock, 'monotonic'>, awayBefore?: Millis): Backlog {
  let leftAt = awayBefore === undefined ? undefined : millis(clock.monotonic() - awayBefore);
  /** Both absent: what comes now is of now. */
  let since: Millis | undefined;
  let last: Millis = millis(0);
  let granted = false;
  return {
    connected(sessionPresent) {
      const now = clock.monotonic();
      const away = leftAt === undefined || now - leftAt > soonBack;
      since = sessionPresent && away ? now : undefined;
      last = now;
      granted = false;
    },
    subscribed() {
      granted = true;
    },
    left() {
      // Whose line was not taken in whole finds the rest of it next time.
      if (since === undefined) leftAt = clock.monotonic();
    },
    waited({ qos, retain }) {
      if (since === undefined) return false;
      const now = clock.monotonic();
      if ((granted && retain && qos > 0) || now - last > pause || now - since > longest) since = undefined;
      return since !== undefined && !retain && qos > 0;
    },
    taken() {
      last = clock.monotonic();
    },
  };
}

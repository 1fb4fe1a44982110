/** An account that locks itself: after three wrong passwords in a row the right one is refused, too, for five minutes (onvif-rtsp §1.4). */
import type { Clock } from '../../gateway/domain/ports.ts';
import { minutes } from '../../gateway/domain/time.ts';

export interface Lockout {
  readonly locked: boolean;
  /** One attempt with credentials was judged. */
  saw(right: boolean): void;
}

const mostWrong = 3;
const lockedFor = minutes(5);

/** `armed`: whether it counts just now. */
export function lockout(clock: Clock, armed: () => boolean): Lockout {
  let wrong = 0;
  let until = 0;
  return {
    get locked() {
      return armed() && clock.monotonic() < until;
    },
    saw(right) {
      wrong = right || !armed() ? 0 : wrong + 1;
      if (wrong < mostWrong) return;
      wrong = 0;
      until = clock.monotonic() + lockedFor;
    },
  };
}

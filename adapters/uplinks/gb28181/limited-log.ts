/** A log for what a platform, or whoever borrows its address, can provoke as often as it likes: a flood must not fill the disk. */
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { Allowance } from '../../../gateway/runtime/allowance.ts';

/** Sustained, twice as many at once. */
const linesPerSecond = 5;

/** The same log, but for lines beyond the allowance: the next one says how many went unsaid. Debug lines are let through. */
export function limitedLog(log: Logger, clock: Clock): Logger {
  const allowance = new Allowance(clock, linesPerSecond);
  let unsaid = 0;
  const around = (inner: Logger): Logger => {
    const at =
      (level: 'info' | 'warn' | 'error'): Logger['info'] =>
      (message, fields = {}) => {
        if (!allowance.take()) {
          unsaid += 1;
          return;
        }
        inner[level](message, unsaid > 0 ? { ...fields, unsaid } : fields);
        unsaid = 0;
      };
    const debug: Logger['debug'] = (message, fields) => inner.debug(message, fields);
    return { debug, info: at('info'), warn: at('warn'), error: at('error'), child: (fields) => around(inner.child(fields)) };
  };
  return around(log);
}

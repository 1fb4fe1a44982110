/** What Linux tells of one of our threads (proc_pid_stat(5)). Elsewhere nothing is known. */
import { readFileSync } from 'node:fs';
import { type Millis, millis } from '../domain/time.ts';

export interface ThreadTime {
  /** CPU time that it has used, to a hundredth of a second. */
  readonly cpu: Millis;
  /** It wants to go on and is kept from it: it waits for a CPU (R) or for its own memory or disk (D). */
  readonly held: boolean;
}

/** USER_HZ is 100 on every architecture that Node runs on. */
const tick = 10;

export function threadTime(thread: number): ThreadTime | undefined {
  try {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything: what follows the last one is regular.
    const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const cpu = (Number(fields[10]) + Number(fields[11])) * tick;
    return Number.isFinite(cpu) ? { cpu: millis(cpu), held: state === 'R' || state === 'D' } : undefined;
  } catch {
    return undefined;
  }
}

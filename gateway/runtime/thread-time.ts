/** What Linux tells of one of our threads (proc_pid_stat(5)). Elsewhere nothing is known. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Millis, millis } from '../domain/time.ts';

export interface ThreadTime {
  /** CPU time that it has used, to a hundredth of a second. */
  readonly cpu: Millis;
  /**
   * Kept from going on: `itself`: it waits for a CPU (R), or for its own memory or disk (D); `by others`: it waits for another thread of ours that
   * may, as for those with which V8 collects.
   */
  readonly held: 'itself' | 'by others' | undefined;
}

/** USER_HZ is 100 on every architecture that Node runs on. */
const tick = 10;

export function threadTime(thread: number): ThreadTime | undefined {
  const stat = statOf(thread);
  if (!stat) return undefined;
  return {
    cpu: stat.cpu,
    held: wants(stat.state) ? 'itself' : othersOf(thread).some((other) => wants(statOf(other)?.state)) ? 'by others' : undefined,
  };
}

const wants = (state: string | undefined) => state === 'R' || state === 'D';

/** The process's own id is that of its main thread, which computes while it asks. */
function othersOf(thread: number): readonly number[] {
  try {
    return readdirSync('/proc/self/task').flatMap((name) => (Number(name) === thread || Number(name) === process.pid ? [] : [Number(name)]));
  } catch {
    return []; // No more files can be opened: nothing is known.
  }
}

function statOf(thread: number) {
  try {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything: what follows the last one is regular.
    const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const cpu = (Number(fields[10]) + Number(fields[11])) * tick;
    return Number.isFinite(cpu) ? { state, cpu: millis(cpu) } : undefined;
  } catch {
    return undefined;
  }
}

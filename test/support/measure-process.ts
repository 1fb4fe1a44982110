/** What a process costs, as the kernel counts it (Linux). NaN where nobody counts, or where the process is gone: the row then says so. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU milliseconds of all its threads. */
export function cpuMillisOf(pid: number | undefined): number {
  const threads = [...threadMillisOf(pid).values()];
  return threads.length === 0 ? Number.NaN : threads.reduce((sum, millis) => sum + millis, 0);
}

/** CPU milliseconds by thread: first field of schedstat, nanoseconds (Documentation/scheduler/sched-stats). Empty where there is none. */
export function threadMillisOf(pid: number | undefined): ReadonlyMap<string, number> {
  try {
    return new Map(
      readdirSync(`/proc/${pid}/task`).map((task) => [task, Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6]),
    );
  } catch {
    return new Map();
  }
}

/** Resident memory, MB of 2^20 bytes. */
export function residentMegabytesOf(pid: number | undefined): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
  } catch {
    return Number.NaN;
  }
}

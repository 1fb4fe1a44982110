/** What this process holds open, as the kernel and Node count it (Linux): for proofs that nothing is left over. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface HeldOpen {
  /** Of UDP and TCP, in whatever state: /proc/net. */
  readonly sockets: number;
  /** What keeps Node alive, by its kind. */
  readonly handles: Readonly<Record<string, number>>;
}

const tables = ['udp', 'udp6', 'tcp', 'tcp6'];
const inodeColumn = 9;

/** Ours are the rows of the kernel's tables whose inode is among our descriptors: what is in TIME_WAIT belongs to nobody. */
export function heldOpen(): HeldOpen {
  const own = new Set(
    readdirSync('/proc/self/fd').flatMap((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1] ?? [];
      } catch {
        return []; // The one by which the folder is read.
      }
    }),
  );
  const rows = tables.flatMap((table) => readFileSync(`/proc/net/${table}`, 'latin1').trimEnd().split('\n').slice(1));
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { sockets: rows.filter((row) => own.has(row.trim().split(/\s+/)[inodeColumn] ?? '')).length, handles };
}

/** Kinds of which there are more than before. */
export function moreHandles(before: HeldOpen, now: HeldOpen): readonly string[] {
  return Object.entries(now.handles).flatMap(([kind, count]) => (count > (before.handles[kind] ?? 0) ? [`${kind} ${count}`] : []));
}

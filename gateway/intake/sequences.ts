/** Finds what never arrived: within one boot of a panel the count grows by one, so a jump is a loss (alarm-panels §1.10). */
import type { PanelId } from '../domain/ids.ts';
import type { JournalReader } from '../domain/ports.ts';
import type { PanelSequence } from '../domain/report.ts';

export interface Gap {
  readonly boot: string;
  readonly missingFrom: number;
  readonly missingTo: number;
}

export interface Sequences {
  /** Takes note of a message; says which ones before it are missing. One that comes late or again is no gap. */
  note(panel: PanelId, sequence: PanelSequence): Gap | undefined;
  /** What was noted was not committed: go by the journal again. */
  forget(panel: PanelId, boot: string): void;
}

/** Boots remembered at once; an older one is read from the journal again when it turns up. */
const remembered = 1_000;

export function openSequences(read: Pick<JournalReader, 'sequence'>): Sequences {
  // In memory, because messages that are still on their way into the journal count too: they are no gap for those right behind them.
  const highest = new Map<string, number>();
  return {
    note: (panel, sequence) => {
      const { boot, seq } = sequence;
      const key = `${panel}|${boot}`;
      const top = highest.get(key) ?? read.sequence(panel, sequence).highest;
      highest.delete(key);
      highest.set(key, Math.max(top ?? seq, seq));
      if (highest.size > remembered) highest.delete(highest.keys().next().value ?? key);
      return top !== undefined && seq > top + 1 ? { boot, missingFrom: top + 1, missingTo: seq - 1 } : undefined;
    },
    forget: (panel, boot) => {
      highest.delete(`${panel}|${boot}`);
    },
  };
}

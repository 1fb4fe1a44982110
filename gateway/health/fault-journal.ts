/** Brings the journal in line with the faults that stand. What could not be journalled is tried again at the next round. */
import type { JournalEntry } from '../domain/event.ts';
import type { FaultCode, SubjectId } from '../domain/health.ts';
import type { EventId } from '../domain/ids.ts';
import type { Logger } from '../domain/ports.ts';
import type { Words } from '../domain/words.ts';
import { type Tracked, trackedFrom, untracked } from './fault-tracker.ts';

export interface FaultJournalParts {
  readonly log: Logger;
  /** `fault.raised` entries without their end, from the journal: they stand until a probe passes, or nobody probes any more. */
  readonly openFaults: readonly JournalEntry[];
  /** Journals the beginning of a fault; resolves with the event's id after the commit. */
  raise(fault: { readonly code: FaultCode; readonly subject: SubjectId; readonly sentence: Words }): Promise<EventId>;
  /** Journals the end of the fault that this event began. */
  clear(raised: EventId): Promise<void>;
}

/** One check on one subject, as the journal sees it. */
export interface Kept {
  readonly code: FaultCode;
  readonly id: SubjectId;
  tracked: Tracked;
  /** The journalled beginning of the fault that stands. */
  event?: EventId;
  journalling: boolean;
}

export interface FaultJournal {
  /** How this check stood when the gateway last ran; a check that is new begins with nothing. */
  adopt(code: FaultCode, id: SubjectId): Kept;
  settle(kept: Kept): Promise<void>;
  /** Nobody looks there any more: its fault ends. */
  end(kept: Kept): void;
  /** Once whoever is looked at has been adopted: what stood elsewhere ends, and what could not be ended is tried again. */
  endRest(): void;
}

export function openFaultJournal({ log, openFaults, raise, clear }: FaultJournalParts): FaultJournal {
  const stood = new Map<string, Kept>();
  const ended = new Set<Kept>();
  for (const { event } of openFaults) {
    if (event.kind !== 'fault.raised') continue;
    const { id, fault: code, subject, receivedAt, sentence } = event;
    stood.set(`${code} ${subject}`, { code, id: subject, tracked: trackedFrom(receivedAt, sentence), event: id, journalling: false });
  }

  const settle = async (kept: Kept): Promise<void> => {
    if (kept.journalling) return;
    const { fault } = kept.tracked;
    kept.journalling = true;
    try {
      if (fault && !kept.event) kept.event = await raise({ code: kept.code, subject: kept.id, sentence: fault.sentence });
      else if (!fault && kept.event) {
        await clear(kept.event);
        delete kept.event;
      }
    } catch (error) {
      log.warn('fault not journalled', { check: kept.code, subject: kept.id, error });
    } finally {
      kept.journalling = false;
    }
  };

  const end = (kept: Kept): void => {
    // A beginning that is on its way into the journal is ended once it is in.
    kept.tracked = untracked;
    ended.add(kept);
  };

  return {
    settle,
    end,
    adopt(code, id) {
      const name = `${code} ${id}`;
      const before = stood.get(name);
      stood.delete(name);
      return before ?? { code, id, tracked: untracked, journalling: false };
    },
    endRest() {
      for (const kept of stood.values()) end(kept);
      stood.clear();
      for (const kept of ended) {
        if (kept.event || kept.journalling) void settle(kept);
        else ended.delete(kept);
      }
    },
  };
}

/** How the evidence of an alarm stands, out of what the journal holds of it. Pure. */

import type { AlarmRaised, JournalEntry } from '../domain/event.ts';
import { type Evidence, type EvidenceLink, evidenceName } from '../domain/evidence.ts';
import type { EvidenceId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

export type Grown = { readonly bytes: number; readonly from: Instant; readonly to: Instant } | undefined;

/** `grown`: of what is being recorded just now, how far it is. */
export function evidenceOf(alarm: AlarmRaised, entries: readonly JournalEntry[], grown: (evidence: EvidenceId) => Grown): readonly Evidence[] {
  return (alarm.evidence ?? []).flatMap((link) => {
    const name = evidenceName(link.id);
    return name ? [{ ...name, path: link.path, ...standing(link, entries, grown(link.id)) }] : [];
  });
}

function standing({ id }: EvidenceLink, entries: readonly JournalEntry[], grown: Grown): Pick<Evidence, 'state' | 'bytes'> & Partial<Evidence> {
  const own = entries.flatMap(({ event }) => ('evidence' in event && event.evidence === id ? [event] : []));
  const last = own.findLast(({ kind }) => kind !== 'evidence.fetched');
  switch (last?.kind) {
    case 'evidence.removed':
      return { state: 'removed', bytes: 0, reason: last.reason };
    case 'evidence.kept': {
      const { outcome, bytes, sha256, from, to, reason } = last;
      return {
        ...{ state: outcome, bytes },
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(reason === undefined ? {} : { reason }),
      };
    }
    default:
      return grown ? { state: 'growing', ...grown } : { state: 'awaited', bytes: 0 };
  }
}

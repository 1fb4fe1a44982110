/**
 * Long answers come in several messages of one SN, each of which names the total (GB/T 28181 A.2.6.4, A.2.6.6). A platform is done when it has as
 * many items as were announced: one too few and it waits for ever, one too many and its list is wrong (facts §4.3).
 */

export interface Batch<T> {
  /** Of all batches together. */
  readonly sumNum: number;
  readonly items: readonly T[];
}

/** At least one, since nothing to report is reported too. `most`: items per message, 1 over UDP so that no datagram is fragmented. */
export function batchesOf<T>(items: readonly T[], most: number): Batch<T>[] {
  const size = Math.max(1, Math.floor(most));
  const batches: Batch<T>[] = [];
  for (let from = 0; from === 0 || from < items.length; from += size) batches.push({ sumNum: items.length, items: items.slice(from, from + size) });
  return batches;
}

/** Of an answer that is still coming in. Batches may arrive in any order. */
export interface Collected<T> extends Batch<T> {
  readonly complete: boolean;
}

/** Why a batch cannot belong to what came before it. */
export type BatchFault = 'another-total' | 'too-many';

/** `limit`: items that anybody may announce. The items of a fault are not taken. */
export function collectBatch<T>(before: Batch<T> | undefined, batch: Batch<T>, limit = 100_000): Collected<T> | BatchFault {
  if (before && batch.sumNum !== before.sumNum) return 'another-total';
  const items = [...(before?.items ?? []), ...batch.items];
  if (items.length > batch.sumNum || batch.sumNum > limit) return 'too-many';
  return { sumNum: batch.sumNum, items, complete: items.length === batch.sumNum };
}

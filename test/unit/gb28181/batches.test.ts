import { describe, expect, test } from 'vitest';
import { batchesOf, type Collected, collectBatch } from '../../../adapters/protocols/manscdp/batches.ts';

describe('batches', () => {
  test('all name the total, and nothing is one batch', () => {
    expect(batchesOf(['a', 'b', 'c'], 2)).toEqual([
      { sumNum: 3, items: ['a', 'b'] },
      { sumNum: 3, items: ['c'] },
    ]);
    expect(batchesOf(['a', 'b'], 1)).toHaveLength(2);
    expect(batchesOf([], 8)).toEqual([{ sumNum: 0, items: [] }]);
  });

  test('are complete when everything announced is there, and not before', () => {
    let collected: Collected<string> | undefined;
    for (const batch of batchesOf(['a', 'b', 'c'], 1)) {
      expect(collected?.complete ?? false).toBe(false);
      const next = collectBatch(collected, batch);
      if (typeof next === 'string') throw new Error(next);
      collected = next;
    }
    expect(collected).toEqual({ sumNum: 3, items: ['a', 'b', 'c'], complete: true });
    expect(collectBatch(undefined, { sumNum: 0, items: [] })).toMatchObject({ complete: true });
  });

  test('that do not add up are told apart', () => {
    const first = { sumNum: 2, items: ['a'] };
    expect(collectBatch(first, { sumNum: 3, items: ['b'] })).toBe('another-total');
    expect(collectBatch(first, { sumNum: 2, items: ['b', 'c'] })).toBe('too-many');
    expect(collectBatch(undefined, { sumNum: 1e9, items: [] })).toBe('too-many');
  });
});

import { describe, expect, test } from 'vitest';
import { instant } from '../../gateway/domain/time.ts';
import type { HopSpan } from '../../gateway/journal/hop-spans.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { alarm, freshFolder, openTestJournal, police, start } from '../support/spine.ts';

describe('receipts', () => {
  test('cost no COMMIT of their own while anything else is committed, and are told with how long each hop took, once', async () => {
    const spans: HopSpan[] = [];
    await using bench = await openTestJournal({ onHop: (span) => spans.push(span) });
    const { journal } = bench;
    const event = alarm();
    await journal.record(event, [police]);
    const [delivery] = journal.outbox.claim(police, 1, instant(Date.now() + 1_000));
    const before = journal.stats();
    const noted = [
      journal.receipt(event.id, { hop: 'sent', at: instant(Date.now()), by: police, proof: 'MESSAGE' }),
      journal.receipt(event.id, { hop: 'answered', at: instant(Date.now()), by: police }),
    ];
    const at = instant(delivery!.journalledAt + 40);
    await journal.outbox.acknowledge(delivery!, [
      { hop: 'sent', at, by: police },
      { hop: 'accepted', at, by: police },
    ]);
    await Promise.all(noted);
    expect(journal.stats().batches - before.batches).toBe(1);
    expect(journal.read.alarm(event.id)?.receipts).toMatchObject([
      ...[{ hop: 'pressed' }, { hop: 'received' }, { hop: 'journalled' }],
      ...[{ hop: 'sent', proof: 'MESSAGE' }, { hop: 'answered' }, { hop: 'accepted' }],
    ]);
    expect(spans.map(({ hop }) => hop).sort()).toEqual(['accepted', 'answered', 'journalled', 'received', 'sent']);
    expect(spans).toContainEqual({ hop: 'accepted', took: 40, uplink: police });
    expect(spans).toContainEqual({ hop: 'received', took: 5 });
  });

  test('go alone within a second where nothing else happens, and are not left behind when the journal closes', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const event = alarm();
    {
      await using bench = await openTestJournal({ folder });
      await bench.journal.record(event, []);
      await bench.journal.receipt(event.id, { hop: 'shown', at: start, by: 'li@wall' });
      void bench.journal.receipt(event.id, { hop: 'shown', at: start, by: 'li@console' });
    }
    await using again = await openTestJournal({ folder });
    expect(
      again.journal.read
        .alarm(event.id)
        ?.receipts.filter(({ hop }) => hop === 'shown')
        .map(({ by }) => by),
    ).toEqual(['li@console', 'li@wall']);
    await expect(again.journal.receipt(alarm().id, { hop: 'shown', at: start })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

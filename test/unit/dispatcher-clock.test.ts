import { describe, test } from 'vitest';
import { after, hours, millis } from '../../gateway/domain/time.ts';
import type { OpenJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { dispatching, FarSide, until } from '../support/far-side.ts';
import { alarm, openTestJournal, police } from '../support/spine.ts';

const owe = (journal: OpenJournal, zones: readonly string[]) => Promise.all(zones.map((zone) => journal.record(alarm({ zone }), [police])));

describe('a clock that is set back by an hour', () => {
  const setBack = () => {
    let ahead = hours(1);
    const clock = { ...systemClock, now: () => after(systemClock.now(), ahead) };
    return {
      clock,
      set: () => {
        ahead = hours(0);
      },
    };
  };

  test('makes no alarm wait, neither one that was tried before nor one that was refused', async () => {
    await using bench = await openTestJournal();
    const { clock, set } = setBack();
    const far = new FarSide();
    far.behave = ({ lane }) => (lane === 'gate/refused' ? 'refuse' : 'down');
    const refused = { first: millis(300), most: millis(300), jitter: 0 };
    await using _ = dispatching(bench.journal.outbox, far, { clock, refused });
    await owe(bench.journal, ['refused', 'tried']);
    await until(() => far.tries >= 3);
    far.behave = () => 'accept';
    set();
    await until(() => far.ledger.length === 2);
  });

  test('… nor while the gateway was not running', async () => {
    await using bench = await openTestJournal();
    const { clock } = setBack();
    const far = new FarSide();
    far.behave = () => 'down';
    const before = dispatching(bench.journal.outbox, far, { clock });
    await owe(bench.journal, ['1', '2']);
    await until(() => far.tries >= 3);
    await before[Symbol.asyncDispose]();
    far.behave = () => 'accept';
    await using _ = dispatching(bench.journal.outbox, far);
    await until(() => far.ledger.length === 2);
  });
});

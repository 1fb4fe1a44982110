import { expect, test } from 'vitest';
import { lifeOf } from '../../gateway/domain/alarm-life.ts';
import type { LifeStep } from '../../gateway/domain/alarm-step.ts';
import type { EventId } from '../../gateway/domain/ids.ts';
import { userId } from '../../gateway/domain/ids.ts';
import { openAlarmDesk } from '../../gateway/intake/alarm-desk.ts';
import { eventIds } from '../../gateway/intake/event-ids.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { alarm, freshFolder, openTestJournal, police, start } from '../support/spine.ts';

async function openDesk(folder?: string, twoPersons = true) {
  const bench = await openTestJournal(folder === undefined ? {} : { folder });
  const clock = new ManualClock(start);
  const { read } = bench.journal;
  const desk = openAlarmDesk({
    read,
    clock,
    nextId: eventIds(clock),
    record: (event) => bench.journal.record(event, [police]),
    twoPersonClosing: () => twoPersons,
  });
  const take = (id: EventId, step: LifeStep, by = 'li') => desk.take(id, step, { user: userId(by), seat: 'console' });
  const life = (id: EventId) => {
    const record = read.alarm(id)!;
    return lifeOf(record, record.life);
  };
  const open = () => read.alarms({ limit: 10, unacknowledged: true }).map(({ event }) => event.id);
  return { ...bench, take, life, open, clock, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

test('each step is an event with its user, seat and time, in the chain, delivered in the lane of its alarm, and there after a restart', async () => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const press = alarm({ type: 'panic.silent', panel: 'gate', zone: '7' });
  {
    await using bench = await openDesk(folder);
    await bench.journal.record(press, [police]);
    await bench.take(press.id, { name: 'acknowledged' });
    await bench.take(press.id, { name: 'dispatched', unit: 'car 7' }, 'wang');
    await bench.journal.record({ ...alarm({ kind: 'alarm.restored', panel: 'gate', zone: '7' }), type: 'panic.silent' }, [police]);
    expect(bench.life(press.id).state).toBe('dispatched'); // a restore closes nothing
  }
  await using bench = await openDesk(folder);
  expect(bench.life(press.id)).toMatchObject({ state: 'dispatched', units: ['car 7'], acknowledged: { by: 'li' } });
  await bench.take(press.id, { name: 'resolved', cause: 'user-error', text: 'a pupil leaned on it' }, 'wang');
  await bench.take(press.id, { name: 'closed' }, 'zhao');
  const events = bench.journal.read.events({ limit: 10 }).map(({ event }) => event);
  expect(events.filter(({ kind }) => kind === 'alarm.progressed')).toMatchObject([
    { alarm: press.id, by: 'wang', seat: 'console', receivedAt: start, step: { name: 'dispatched', unit: 'car 7' } },
    { by: 'wang', step: { name: 'resolved', cause: 'user-error' } },
    { by: 'zhao', step: { name: 'closed' } },
  ]);
  expect(bench.journal.outbox.claim(police, 10, (start * 2) as typeof start)).toMatchObject([{ lane: 'gate/7', kind: 'alarm.raised' }]);
  expect(bench.journal.read.backlog(police).pending).toBe(6); // the rest waits behind it, in order
  expect(await bench.journal.verify()).toMatchObject({ position: 6, unlinked: 0 });
});

test('two people who do the same at once: one has done it, the other is told how it stands', async () => {
  await using bench = await openDesk();
  const press = alarm({ type: 'panic.silent' });
  await bench.journal.record(press, []);
  await bench.take(press.id, { name: 'acknowledged' });
  const both = await Promise.allSettled(['li', 'wang', 'zhao'].map((by) => bench.take(press.id, { name: 'resolved', cause: 'true' }, by)));
  expect(both.map((outcome) => (outcome.status === 'fulfilled' ? 'done' : outcome.reason.code))).toEqual(['done', 'ALARM_STEP', 'ALARM_STEP']);
  expect(bench.life(press.id).resolution?.by).toBe('li');
});

test('an alarm of severity 1 is closed by a second person; where the school wants one to do, by one', async () => {
  for (const twoPersons of [true, false]) {
    await using bench = await openDesk(undefined, twoPersons);
    const press = { ...alarm({ type: 'panic.silent' }), severity: 1 as const };
    await bench.journal.record(press, []);
    await bench.take(press.id, { name: 'acknowledged' });
    await bench.take(press.id, { name: 'resolved', cause: 'true' });
    const alone = await bench.take(press.id, { name: 'closed' }).then(
      () => 'closed',
      (error) => error.code,
    );
    expect([alone, bench.life(press.id).state]).toEqual(twoPersons ? ['SECOND_PERSON', 'resolved'] : ['closed', 'closed']);
    if (!twoPersons) continue;
    await bench.take(press.id, { name: 'closed' }, 'wang');
    expect(bench.life(press.id)).toMatchObject({ state: 'closed', resolution: { by: 'li' }, closed: { by: 'wang' } });
  }
});

test('a reopened alarm is open again for everybody, and can be acknowledged again', async () => {
  await using bench = await openDesk();
  const press = alarm();
  await bench.journal.record(press, []);
  expect(bench.open()).toEqual([press.id]);
  await bench.take(press.id, { name: 'acknowledged' });
  expect(bench.open()).toEqual([]);
  await bench.take(press.id, { name: 'resolved', cause: 'equipment' });
  await bench.take(press.id, { name: 'reopened', reason: 'it was a person after all' }, 'wang');
  expect(bench.open()).toEqual([press.id]);
  expect(bench.life(press.id)).toMatchObject({ state: 'received', reopened: 1 });
  const again = await bench.take(press.id, { name: 'acknowledged' }, 'wang');
  expect(again).toMatchObject({ repeated: false, entry: { event: { by: 'wang', round: 1 } } });
  expect([bench.open(), bench.life(press.id).acknowledged?.by]).toEqual([[], 'wang']);
});

test('nothing can be done about an alarm that the journal does not hold, or that is none', async () => {
  await using bench = await openDesk();
  await expect(bench.take(alarm().id, { name: 'acknowledged' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const restore = alarm({ kind: 'alarm.restored' });
  await bench.journal.record(restore, []);
  await expect(bench.take(restore.id, { name: 'acknowledged' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

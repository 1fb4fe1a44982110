/** What the desk asks of the journal: incidents with their proof, and what a panel was told. */
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { CommandEnded, CommandOrdered } from '../../gateway/domain/event.ts';
import { campusId, eventId, panelId, userId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { journalFile } from '../../gateway/journal/journal.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { acknowledgement, alarm, freshFolder, openTestJournal, police, start } from '../support/spine.ts';

test('an incident is all its alarms in order, whichever of them is asked for, each with the link that stands for it', async () => {
  await using bench = await openTestJournal();
  const { journal } = bench;
  const first = alarm({ zone: '1' });
  const [one, two] = [
    { ...first, incident: first.id },
    { ...alarm({ zone: '2' }), incident: first.id },
  ];
  const other = alarm({ zone: '3' });
  for (const event of [one, { ...other, incident: other.id }, two]) await journal.record(event, [police]);
  await journal.record(acknowledgement(two), []);
  const late = { ...alarm({ zone: '4' }), historical: true };
  await journal.record(late, []);
  const { link } = await journal.verify();

  const incident = journal.read.incident(two.id);
  expect(incident).toEqual(journal.read.incident(one.id));
  expect(incident).toMatchObject({
    count: 2,
    alarms: [
      { record: { position: 1, event: { id: one.id }, life: [] }, intact: true },
      { record: { position: 3, event: { id: two.id }, life: [{ position: 4 }] }, intact: true },
    ],
  });
  expect(new Set(incident?.alarms.map((each) => each.link)).size).toBe(2);
  // One that waited in its panel stands alone; it is the newest event, so its link is the journal's.
  expect(journal.read.incident(late.id)).toMatchObject({ count: 1, alarms: [{ link, intact: true }] });
  expect(journal.read.incident(eventId('00000000-0000-7000-8000-000000000000'))).toBeUndefined();
});

test.each([
  ['the alarm itself', `UPDATE event SET body = replace(body, '"severity":2', '"severity":4') WHERE position = 1`, [false, true]],
  ['who took it on', `UPDATE event SET body = replace(body, '"by":"li"', '"by":"me"') WHERE position = 3`, [true, false]],
  ['the event before it', 'DELETE FROM event WHERE position = 1', [false]],
])('an incident tells where somebody has changed %s', async (_, how, intact) => {
  await using scope = new Scope();
  const folder = freshFolder(scope);
  const first = alarm({ zone: '1' });
  const second = { ...alarm({ zone: '2' }), incident: first.id };
  {
    await using bench = await openTestJournal({ folder });
    await bench.journal.record({ ...first, incident: first.id }, []);
    await bench.journal.record(second, []);
    await bench.journal.record(acknowledgement(second), []);
  }
  const file = new BetterSqlite(join(folder, journalFile));
  file.pragma('foreign_keys = OFF');
  file.exec(how);
  file.close();
  await using bench = await openTestJournal({ folder });
  expect(bench.journal.read.incident(second.id)?.alarms.map((each) => each.intact)).toEqual(intact);
});

test('what a panel was told is found newest first, with what became of it; the lamp of a presser is no order of anybody', async () => {
  await using bench = await openTestJournal();
  const head = { campus: campusId('school'), receivedAt: start, clockTrust: 'none', panel: panelId('gate') } as const;
  const order = (serial: number, op: CommandOrdered['op'], panel = 'gate'): CommandOrdered => ({
    ...head,
    ...{ kind: 'command.ordered', id: eventId(`00000000-0000-7000-8000-00000000000${serial}`), panel: panelId(panel), command: `c${serial}`, op },
    ...{ expires: instant(start + 15_000), by: { user: userId('li') }, reason: 'Evening' },
  });
  const [arm, lamp, elsewhere, sync] = [order(1, 'arm'), order(2, 'received'), order(3, 'disarm', 'hall'), order(4, 'sync')];
  for (const each of [arm, lamp, elsewhere, sync]) await bench.journal.record(each, []);
  const ended: CommandEnded = {
    ...{ ...head, kind: 'command.ended', id: eventId('00000000-0000-7000-8000-000000000009'), command: 'c1', op: 'arm' },
    ...{ ordered: arm.id, outcome: 'accepted', sentence: { zh: '已确认', en: 'confirmed' } },
  };
  await bench.journal.record(ended, []);
  expect(bench.journal.read.commands(panelId('gate'), 20)).toEqual([{ ordered: sync }, { ordered: arm, ended }]);
  expect(bench.journal.read.commands(panelId('gate'), 1)).toEqual([{ ordered: sync }]);
});

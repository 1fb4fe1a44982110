/** The police side of a school goes away and comes back: the longest wait of all, hence alone. */
import { expect, test } from 'vitest';
import type { Overview } from '../../gateway/domain/api.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { openDemoSchool } from '../support/demo-school.ts';
import { eventually } from '../support/eventually.ts';

test('a police side that is down is told in words, and gets everything when it is back, panic first', async () => {
  await using school = await openDemoSchool();
  const { panels } = school.demo;
  const { police } = school.demo.school;
  await police.down();
  for (const zone of ['1', '2', '3']) panels.get('perimeter')?.trip(zone);
  panels.get('guard-room')?.trip('1');
  await eventually(async () => expect((await school.ask<Overview>('/overview')).phonePolice).toBe(true));
  await school.within(seconds(5), 'police-webhook', 'offline', 'uplink-backlog');
  const before = police.ledger().length;
  await police.comeBack();
  await eventually(() => {
    const types = police
      .ledger()
      .slice(before)
      .filter(({ answer, body }) => answer === 'accepted' && body.includes('"alarm.raised"'))
      .map(({ body }) => (JSON.parse(body) as { event: { type: string } }).event.type);
    expect(types).toHaveLength(4);
    expect(types[0]).toBe('panic.audible');
  }, seconds(45));
  await school.within(seconds(10), 'police-webhook', 'normal');
}, 180_000);

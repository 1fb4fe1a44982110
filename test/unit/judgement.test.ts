import { describe, expect, test } from 'vitest';
import type { AlarmPractice, Inventory } from '../../gateway/domain/campus.ts';
import type { AlarmRaised, ArmingChanged, DomainEvent } from '../../gateway/domain/event.ts';
import { campusId, panelId } from '../../gateway/domain/ids.ts';
import { instant } from '../../gateway/domain/time.ts';
import { openJudgement } from '../../gateway/intake/judgement.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { alarm, freshFolder, openTestJournal, start } from '../support/spine.ts';

const inventoryWith = (practice?: AlarmPractice): Inventory => ({
  campus: { id: campusId('school'), name: 'School', timeZone: 'Asia/Shanghai', address: '', ...(practice ? { practice } : {}) },
  ...{ places: [], cameras: [], channels: [], panels: [], uplinks: [], rules: [] },
});

const trip = (zone: string, minute: number, more: Partial<AlarmRaised> = {}): AlarmRaised => ({
  ...alarm({ type: more.type ?? 'burglary.interior', zone }),
  receivedAt: instant(start + minute * 60_000),
  ...more,
});

/** Over a real journal: what is recorded is remembered by the next. */
async function openJudge(folder?: string, practice?: AlarmPractice) {
  const bench = await openTestJournal(folder === undefined ? {} : { folder });
  const judgement = openJudgement({ read: bench.journal.read, log: silentLogger });
  const judge = async (event: AlarmRaised) => {
    const judged = judgement.of(event, inventoryWith(practice));
    const recorded = await bench.journal.record(judged as DomainEvent, []);
    judgement.settled(judged, recorded);
    return judged;
  };
  return { ...bench, judgement, judge, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

describe('an intrusion', () => {
  test('stands alone until another zone of the building sees it within half an hour: that one is confirmed, and as grave as can be', async () => {
    await using bench = await openJudge();
    const first = await bench.judge(trip('hall', 0));
    expect([first.verification, first.severity]).toEqual([undefined, 2]);
    expect((await bench.judge(trip('hall', 1))).verification).toBeUndefined(); // the same detector is no second one
    const second = await bench.judge(trip('office', 29));
    expect(second).toMatchObject({ verification: 'sequential', severity: 1 });
    expect(second.confirms).not.toBe(first.id); // the newest of the hall
    expect((await bench.judge(trip('stairs', 61))).verification).toBeUndefined();
  });

  test('is confirmed across a restart', async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    let first: AlarmRaised;
    {
      await using bench = await openJudge(folder);
      first = await bench.judge(trip('hall', 0));
    }
    await using bench = await openJudge(folder);
    expect(await bench.judge(trip('office', 20))).toMatchObject({ confirms: first.id, verification: 'sequential' });
  });

  test.each<[string, Partial<AlarmRaised>, Partial<AlarmRaised>]>([
    ['outdoors', { type: 'burglary.outdoor' }, {}],
    ['at the perimeter', {}, { type: 'burglary.perimeter' }],
    ['in a drill', { drill: true }, {}],
    ['from the past', { historical: true }, {}],
    ['of another kind', { type: 'panic.silent' }, {}],
  ])('is not confirmed by what was seen %s', async (_what, first, second) => {
    await using bench = await openJudge();
    await bench.judge(trip('one', 0, first));
    expect((await bench.judge(trip('two', 1, second))).verification).toBeUndefined();
  });

  test('in a group of zones that a site has made is confirmed within it, in its time, and by nothing else', async () => {
    await using bench = await openJudge(undefined, { crossZones: [{ zones: ['gate/yard-a', 'gate/yard-b'], withinSeconds: 60 }] });
    await bench.judge(trip('hall', 0));
    expect((await bench.judge(trip('yard-a', 1, { type: 'burglary.outdoor' }))).verification).toBeUndefined();
    expect((await bench.judge(trip('office', 1.5))).confirms).toBeDefined(); // by the hall, not by the yard
    expect((await bench.judge(trip('yard-b', 1.9, { type: 'burglary.outdoor' }))).verification).toBe('sequential');
    expect((await bench.judge(trip('yard-a', 4, { type: 'burglary.outdoor' }))).verification).toBeUndefined();
  });

  test('of a detector that trips more than three times in an arm period says so, is sent as ever, and confirms nobody', async () => {
    await using bench = await openJudge();
    const marks = [];
    for (let minute = 0; minute < 5; minute += 1) marks.push((await bench.judge(trip('hall', minute * 40, { partition: '1' }))).swinger);
    expect(marks).toEqual([undefined, undefined, undefined, true, true]);
    expect((await bench.judge(trip('office', 161))).verification).toBeUndefined();
    bench.judgement.armed({ panel: panelId('gate'), partition: '1' } as ArmingChanged);
    expect((await bench.judge(trip('hall', 300, { partition: '1' }))).swinger).toBeUndefined();
  });
});

test('panic and fire are neither counted as swinging nor changed in any way but for their incident', async () => {
  await using bench = await openJudge();
  for (let count = 0; count < 10; count += 1) {
    for (const type of ['panic.silent', 'fire.smoke', 'emergency.personal']) {
      const event: AlarmRaised = { ...trip('1', count, { type }), severity: 1 };
      const { incident, ...judged } = await bench.judge(event);
      expect(judged).toEqual(event);
      expect(incident).toBeDefined();
    }
  }
});

test('an alarm that did not get into the journal, or was there before, leaves no trace', async () => {
  await using bench = await openJudge();
  const lost = bench.judgement.of(trip('hall', 0), inventoryWith());
  bench.judgement.settled(lost, undefined);
  const next = await bench.judge(trip('office', 1));
  expect([next.confirms, next.incident]).toEqual([undefined, next.id]);
  for (let count = 0; count < 5; count += 1) await bench.judge(trip('office', 2, { dedupe: next.dedupe })); // the panel says it again
  expect((await bench.judge(trip('office', 3))).swinger).toBeUndefined();
});
